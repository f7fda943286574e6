import { tortured } from '#test/torture/in-check.ts';

// Dead ones have a file of their own.
tortured('devices', 2);
