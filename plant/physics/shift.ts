import type { Line } from '#plant/physics/line.ts';
import { PRODUCTS } from '#plant/physics/product.ts';

/*
 * What people at the lines do on an ordinary day, so that normal running is more than standing still at one point: every
 * half an hour another product, or a short stop of the whole line, in turn.
 */

interface Step {
  /** Seconds after the begin. */
  readonly atS: number;
  readonly do: (line: Line) => void;
}

const EVERY_S = 1800;
/** The first event of the first line, and by how much the next line comes later. */
const FIRST_S = 700;
const LATER_S = 350;

const stopFiller: Step = { atS: 0, do: ({ commands }) => set(commands, { fillerRun: false }) };

/** The filler stops and is flushed, the next product comes, the pump gets the speed that goes with it. */
const PRODUCT_CHANGE: readonly Step[] = [
  stopFiller,
  { atS: 5, do: ({ commands }) => set(commands, { flush: true }) },
  { atS: 25, do: ({ commands }) => set(commands, { flush: false }) },
  { atS: 26, do: nextProduct },
  { atS: 40, do: ({ commands }) => set(commands, { fillerRun: true }) },
];

/** The line stops, and starts when the pump has run down: bottles jammed, a hose was changed. */
const SHORT_STOP: readonly Step[] = [
  stopFiller,
  { atS: 3, do: ({ commands }) => set(commands, { pumpRun: false }) },
  { atS: 20, do: ({ commands }) => set(commands, { pumpRun: true }) },
  { atS: 38, do: ({ commands }) => set(commands, { fillerRun: true }) },
];

const set = (commands: Line['commands'], values: Partial<Line['commands']>): void => {
  Object.assign(commands, values);
};

function nextProduct({ commands }: Line): void {
  const before = PRODUCTS[commands.product - 1];
  const product = (commands.product % PRODUCTS.length) + 1;
  const after = PRODUCTS[product - 1];
  commands.product = product;
  // A speed that somebody chose for another reason stays.
  if (after && commands.speedSetpointRpm === before?.speedRpm) commands.speedSetpointRpm = after.speedRpm;
}

/** @returns what is to be called after each step of the line */
export function shift(number: number): (line: Line) => void {
  let begins = FIRST_S + LATER_S * (number - 1);
  let turn = number;
  let steps: readonly Step[] = [];
  let beganS = 0;
  return (line) => {
    if (line.timeS >= begins) {
      begins += EVERY_S;
      // Nobody changes a product on a line that stands, or that is out of the panel's hands.
      const ready = line.filler.state === 'running' && line.commands.remote && !line.dryRunTrip;
      steps = !ready ? [] : turn % 2 === 1 ? PRODUCT_CHANGE : SHORT_STOP;
      beganS = line.timeS;
      turn++;
    }
    while (steps[0] && line.timeS - beganS >= steps[0].atS) {
      steps[0].do(line);
      steps = steps.slice(1);
    }
  };
}
