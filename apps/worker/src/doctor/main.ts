/** `npm run doctor`: says what differs, and what could be done about it. */
import { findSettings } from './config.ts';
import { runDoctor } from './doctor.ts';
import { readDoctorOptions, USAGE } from './options.ts';

const COULD_NOT_LOOK = 2;

try {
  const options = readDoctorOptions(process.argv.slice(2));
  if (options.help) {
    console.log(USAGE);
  } else {
    const stopping = new AbortController();
    process.once('SIGINT', () => stopping.abort()).once('SIGTERM', () => stopping.abort());
    const { text, exitCode } = await runDoctor(await findSettings(process.env), options, stopping.signal);
    console.log(text);
    process.exitCode = exitCode;
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = COULD_NOT_LOOK;
}
