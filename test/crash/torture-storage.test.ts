import { tortured } from '#test/torture/in-check.ts';

// Kills, full disks and clocks have files of their own.
tortured('power-cut', 4);
tortured('failing-writes', 5);
tortured('damage', 8);
