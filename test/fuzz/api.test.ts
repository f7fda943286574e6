import { tortured } from '#test/torture/in-check.ts';

tortured('api-bodies', 600);
