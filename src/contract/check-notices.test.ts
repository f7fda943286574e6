import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { GOOD, plugins } from '#contract/fixture.ts';
import { formatProblem, loadSite } from '#contract/load.ts';

const withMail = {
  ...plugins,
  actuators: {
    ...plugins.actuators,
    mail: {
      config: z.strictObject({ host: z.string() }),
      notice: { fields: z.strictObject({ recipients: z.array(z.email()).min(1) }) },
    },
  },
};
const load = (more: string) =>
  loadSite(GOOD.replace('actuators:\n', 'actuators:\n  post: { kind: mail, host: h }\n') + more, withMail);
const said = (more: string) =>
  load(more).problems.map((one) => formatProblem('s', one).replace(/^s:\d+:/, ''));

test('notices and shifts are read, with what nobody wrote filled in', () => {
  const { model, problems } = load(`settings: { timeZone: Europe/Berlin }
shifts:
  night: { from: "22:00", to: "06:00" }
notices:
  pumps:
    alarms: ["line1/*"]
    steps:
      - { to: post, recipients: [anna@plant.example] }
      - { to: post, recipients: [ben@plant.example], afterMin: 10, during: [night] }
`);
  assert.deepEqual(problems, []);
  assert.equal(model?.shifts[0]?.days.length, 7);
  assert.deepEqual(model?.notices[0]?.steps[0], {
    to: 'post',
    recipients: ['anna@plant.example'],
    afterMin: 0,
    during: [],
    tellEnd: false,
  });
});

test('what nobody could be told by is said at its place, all of it at once', () => {
  const found = said(`settings: { timeZone: Mars/Olympus }
shifts:
  night: { from: "25:00", to: "06:00" }
notices:
  pumps:
    alarms: ["line7/*"]
    steps:
      - { to: post, recipients: [anna] }
      - { to: pots, afterMin: 10 }
      - { to: it, topic: alarms }
      - { to: post, recipients: [ben@plant.example], during: [nights] }
`);
  const wanted = [
    /23 error: there is no time zone Mars\/Olympus/,
    /18 error: from is "25:00"/,
    /14 error: no alarm is called line7\/\*/,
    /34 error: recipients\[0\] is "anna"/,
    /15 error: there is no actuator pots\n +hint: did you mean post\?/,
    /15 error: an actuator of kind broker cannot tell people/,
    /63 error: there is no shift nights\n +hint: did you mean night\?/,
  ];
  for (const one of wanted)
    assert.ok(
      found.some((text) => one.test(text)),
      `${one} in\n${found.join('\n')}`,
    );
  assert.equal(found.length, wanted.length, found.join('\n'));
});
