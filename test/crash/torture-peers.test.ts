import { tortured } from '#test/torture/in-check.ts';

tortured('network', 1);
tortured('brokers', 2);
