/** `npm start` */
import { startSandbox } from './sandbox.ts';

const DEFAULT_PORT = 8080;
const startedAt = performance.now();
const seconds = () => `${((performance.now() - startedAt) / 1_000).toFixed(1)} s`;
const port = Number(process.env.PORT ?? DEFAULT_PORT);

if (!Number.isInteger(port) || port < 1 || port > 65_535) {
  console.error(`PORT=${process.env.PORT} is no port: a whole number from 1 to 65535`);
  process.exit(1);
}

console.log('Netplane sandbox');
const stopping = new AbortController();
const state: { stop: (() => Promise<void>) | undefined } = { stop: undefined };
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop());

async function stop(): Promise<void> {
  if (stopping.signal.aborted) return;
  console.log('\nstopping …');
  stopping.abort();
  if (state.stop === undefined) return; // the start below stops what it has started
  await state.stop();
  console.log('stopped');
  process.exit(0);
}

try {
  const sandbox = await startSandbox({
    port,
    signal: stopping.signal,
    onProgress: (step) => console.log(`  ${seconds().padStart(6)}  ${step} …`),
    onWarning: (line) => console.log(`  ${line}`),
    onRestart: (name) => console.log(`  ${name} ended and is started again; see .netplane/logs/${name}.log`),
  });
  state.stop = sandbox.stop;
  console.log(`  ${seconds().padStart(6)}  ready

  API         ${sandbox.apiUrl}/v1
  GraphQL     ${sandbox.graphqlUrl}   (GraphiQL: ${sandbox.graphiqlUrl})
  Reference   ${sandbox.docsUrl}
  Tokens      .netplane/sandbox.json, good for 12 h

  Try:
    TOKEN=$(node -p 'require("./.netplane/sandbox.json").tokens.acme_owner')
    curl -s -H "Authorization: Bearer $TOKEN" ${sandbox.apiUrl}/v1/me

  Ctrl-C stops everything; rm -rf .netplane is a factory reset.`);
} catch (error) {
  if (stopping.signal.aborted) console.log('stopped');
  else console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
