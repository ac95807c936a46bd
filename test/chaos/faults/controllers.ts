/** kube-ovn-controller is stopped in the middle of the work and started again. */
import { disturbanceCase } from './disturbance.ts';
import { fixedFault } from './fixed-cases.ts';

const LONG_SECONDS = 60;
const SHORT_SECONDS = 12;

export const controllers = fixedFault({
  name: 'controllers',
  against: ['simulator', 'cluster'],
  list: ({ isLong, against }) => [
    disturbanceCase({
      id: 'controllers:stopped',
      seconds: isLong || against === 'cluster' ? LONG_SECONDS : SHORT_SECONDS,
      async strike({ cluster }) {
        await cluster.stopControllers();
        return async () => {
          await cluster.startControllers();
          return 1;
        };
      },
    }),
  ],
});
