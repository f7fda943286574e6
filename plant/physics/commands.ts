import { Fault } from '#kernel/fault.ts';
import { COMMAND_LIMITS, type CommandName, type Commands, newLine } from '#plant/physics/line.ts';
import { LINES } from '#plant/physics/world.ts';

/** Commands as entries, known and within their limits. @throws Fault `plant.unknown-command`, `plant.out-of-limits` */
export function checkedCommands(
  line: number,
  values: Partial<Commands>,
): readonly (readonly [CommandName, number | boolean])[] {
  if (!Number.isInteger(line) || line < 1 || line > LINES) {
    refuse('plant.unknown-place', `there is no line ${line}`, `Lines are 1 to ${LINES}.`);
  }
  const known = newLine(1).commands;
  return Object.entries(values).map(([name, value]) => {
    if (!Object.hasOwn(known, name)) {
      refuse(
        'plant.unknown-command',
        `there is no command ${name}`,
        `Commands: ${Object.keys(known).join(', ')}.`,
      );
    }
    const command = name as CommandName;
    if (typeof value !== typeof known[command]) {
      refuse('plant.out-of-limits', `${name} is ${typeof value}`, `It takes a ${typeof known[command]}.`);
    }
    const [low, high] = COMMAND_LIMITS[command] ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    if (typeof value === 'number' && !(value >= low && value <= high)) {
      refuse('plant.out-of-limits', `${name} cannot be ${value}`, `It takes ${low} to ${high}.`);
    }
    return [command, value] as const;
  });
}

function refuse(code: string, message: string, hint: string): never {
  throw new Fault(code, message, { retry: 'never', hint });
}
