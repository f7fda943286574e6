import { tortured } from '#test/torture/in-check.ts';

tortured('network', 2);
tortured('brokers', 3);
tortured('devices', 2);
