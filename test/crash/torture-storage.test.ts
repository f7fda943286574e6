import { tortured } from '#test/torture/in-check.ts';

// Kills, full disks and clocks have files of their own.
tortured('power-cut', 2);
tortured('failing-writes', 4);
tortured('damage', 8);
