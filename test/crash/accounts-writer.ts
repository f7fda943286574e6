import { writeSync } from 'node:fs';
import { Accounts } from '#access/accounts.ts';

/* Changes who may sign in until it is killed; says on stdout what was confirmed. */

const [dir = ''] = process.argv.slice(2);
const accounts = new Accounts(dir, {
  nowUs: () => Date.now() * 1000,
  steadyUs: () => Date.now() * 1000,
  onEvent() {},
});
const say = (text: string) => writeSync(1, `${text}\n`);

if (!accounts.hasAdministrator)
  await accounts.addUser({ name: 'ann', role: 'administrator', password: 'seven green valves hum' }, 'test');
for (let round = 0; ; round++) {
  const name = `token${process.pid}-${round}`;
  say(`begin ${name}`);
  await accounts.createToken({ name, role: 'viewer' }, 'test');
  say(`made ${name}`);
  if (round % 3 !== 2) continue;
  say(`begin ${name}`);
  await accounts.revokeToken(name, 'test');
  say(`gone ${name}`);
}
