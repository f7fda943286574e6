import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  AttributeIds,
  BrowseDirection,
  constructEventFilter,
  DataType,
  NodeClass,
  type ReferenceDescription,
  TimestampsToReturn,
  UserTokenType,
  type Variant,
} from 'node-opcua-client';
import { privateKeyFile, serverCertificate } from '#plant/opcua/certificate.ts';
import { METER_PATHS, NODES } from '#plant/opcua/nodes.ts';
import { UTILITIES_USER } from '#plant/opcua/user.ts';
import { type Plant, startPlant } from '#plant/plant.ts';
import { connectUtilities, type UtilitiesClient } from '#test/plant/opcua-client.ts';
import { until } from '#test/until.ts';

/* The OPC UA server of the plant against a client library, which is not ours. */
describe('utilities', { concurrency: false }, () => {
  let plant: Plant;
  let others: readonly string[];

  before(async () => {
    others = await readdir(tmpdir());
    plant = await startPlant({ opcua: 0, devices: ['utilities'], speed: 30, people: false, slowMs: 600 });
  });

  after(async () => {
    await plant?.[Symbol.asyncDispose]();
    const left = (await readdir(tmpdir())).filter((name) => !others.includes(name));
    assert.deepEqual(
      left.filter((name) => name.startsWith('holdfast-plant-')),
      [],
    );
  });

  const connected = <T>(use: (client: UtilitiesClient) => Promise<T>) => withClient(plant.opcua.url, use);

  test('about 300 variables are found by browsing, all below one object, with readable values', () =>
    connected(async ({ session, index }) => {
      const found = await browseAll(session, `ns=${index};s=Utilities`);
      assert.equal(found.length, NODES.length);
      assert.ok(found.length >= 280 && found.length <= 320, `${found.length}`);
      const values = await session.read(
        found.map(({ nodeId }) => ({ nodeId, attributeId: AttributeIds.Value })),
      );
      assert.deepEqual([...new Set(values.map(({ statusCode }) => statusCode.name))], ['Good']);
    }));

  test('measured values carry their UNECE unit and their range', () =>
    connected(async ({ session, index }) => {
      const at = `ns=${index};s=Boiler.Steam.Pressure`;
      const property = async (name: string) => {
        const path = { startingNode: at, relativePath: { elements: [{ targetName: { name } }] } };
        const [target] = (await session.translateBrowsePath(path as never)).targets ?? [];
        return (await session.read({ nodeId: target?.targetId as never, attributeId: AttributeIds.Value }))
          .value.value;
      };
      const unit = await property('EngineeringUnits');
      assert.equal(unit.unitId, Buffer.from('\0BAR').readUInt32BE(0));
      assert.equal(unit.displayName.text, 'bar');
      const range = await property('EURange');
      assert.deepEqual([range.low, range.high], [0, 12]);
    }));

  test('a steam set-point that is written moves the pressure, out of its limits it is refused', () =>
    connected(async ({ read, write }) => {
      assert.equal(await write('Boiler/Steam/PressureSetpoint', DataType.Double, 8), 'Good');
      assert.equal((await read('Boiler/Steam/PressureSetpoint')).value, 8);
      await until('pressure rises', async () => (await read('Boiler/Steam/Pressure')).value > 7.8);
      assert.equal(await write('Boiler/Steam/PressureSetpoint', DataType.Double, 80), 'BadOutOfRange');
      assert.equal(await write('Boiler/Steam/Pressure', DataType.Double, 3), 'BadNotWritable');
      assert.equal(await write('Boiler/Steam/PressureSetpoint', DataType.Double, 7), 'Good');
      await until('pressure falls', async () => (await read('Boiler/Steam/Pressure')).value < 7.3);
    }));

  // Nothing of one is in the way of another.
  describe('beside each other', { concurrency: true }, () => {
    test('what a line does shows in what it takes of the utilities', () =>
      connected(async ({ read }) => {
        const air = async () => (await read('Line2/Air/Flow')).value;
        await until('line 2 takes air', async () => (await air()) > 1.5);
        plant.set(2, { fillerRun: false });
        await until('line 2 takes little', async () => (await air()) < 0.6);
        assert.ok((await read('Line1/Air/Flow')).value > 1.5);
        plant.set(2, { fillerRun: true });
        await until('line 2 takes air again', async () => (await air()) > 1.5);
      }));

    test('a cleaning is started by a method and leaves a report as structure', () =>
      connected(async ({ session, index, read }) => {
        const call = (recipe: string, seconds: number) =>
          session.call({
            objectId: `ns=${index};s=Cip`,
            methodId: `ns=${index};s=Cip.StartCip`,
            inputArguments: [
              { dataType: DataType.String, value: recipe },
              { dataType: DataType.UInt32, value: seconds },
            ],
          });
        assert.equal((await call('soap', 20)).statusCode.name, 'BadOutOfRange');
        const started = await call('caustic', 20);
        assert.equal(started.statusCode.name, 'Good');
        const run = started.outputArguments?.[0]?.value;
        await until('it cleans', async () => (await read('Cip/Step')).value === 2);
        assert.equal((await call('rinse', 20)).statusCode.name, 'BadInvalidState');
        await until('the report is there', async () => (await reportOf(read)).number === run);
        const report = await reportOf(read);
        assert.deepEqual([report.recipe, report.complete], ['caustic', true]);
        assert.deepEqual(report.steps, ['pre-rinse', 'caustic', 'final rinse']);
        assert.ok(report.peakTemperature > 50 && report.started instanceof Date);
        assert.equal((await read('Cip/Step')).value, 0);
      }));

    test('counters are exact beyond 2^53, and a method sets the one of a meter to zero', () =>
      connected(async ({ session, index, read }) => {
        assert.ok(exact(await read('Energy/Incomer/Energy')) > 2n ** 53n);
        assert.ok(exact(await read('Energy/Lighting/Energy')) > 1_000_000n);
        const reset = await session.call({
          objectId: `ns=${index};s=Energy`,
          methodId: `ns=${index};s=Energy.ResetCounter`,
          inputArguments: [{ dataType: DataType.String, value: METER_PATHS[4] }],
        });
        assert.equal(reset.statusCode.name, 'Good');
        await until('zero', async () => exact(await read('Energy/Lighting/Energy')) < 1_000_000n);
        const resetAt = async () => (await read('Energy/Lighting/LastReset')).value.getTime();
        await until('when', async () => Date.now() - (await resetAt()) < 60_000);
      }));
  });

  test('too little pressure raises the alarm of the boiler as an event', () =>
    connected(async ({ session, write }) => {
      const subscription = await session.createSubscription2({
        requestedPublishingInterval: 100,
        requestedLifetimeCount: 1000,
        requestedMaxKeepAliveCount: 20,
        publishingEnabled: true,
      });
      const fields = ['ConditionName', 'ActiveState.Id', 'Severity', 'SourceName'];
      const item = await subscription.monitor(
        { nodeId: 'i=2253', attributeId: AttributeIds.EventNotifier },
        { samplingInterval: 0, queueSize: 100, filter: constructEventFilter(fields) },
        TimestampsToReturn.Both,
      );
      const events: unknown[][] = [];
      item.on('changed', (values) => events.push((values as unknown as Variant[]).map(({ value }) => value)));
      const is = (active: boolean) => () =>
        events.some(([name, state]) => name === 'Boiler pressure' && state === active);
      assert.equal(await write('Boiler/Steam/PressureSetpoint', DataType.Double, 3.5), 'Good');
      await until('the alarm comes', is(true), 25_000);
      assert.equal(await write('Boiler/Steam/PressureSetpoint', DataType.Double, 7), 'Good');
      events.length = 0;
      await until('it goes', is(false), 25_000);
      await subscription.terminate();
    }));

  test('history of the steam pressure fills a gap', () =>
    connected(async ({ session, index }) => {
      const count = async () => {
        const since = new Date(Date.now() - 120_000);
        const result = await session.readHistoryValue(
          `ns=${index};s=Boiler.Steam.Pressure`,
          since,
          new Date(),
        );
        return (result.historyData as unknown as { dataValues?: unknown[] } | null)?.dataValues?.length ?? 0;
      };
      await until('some values are kept', async () => (await count()) > 10);
    }));

  test('secured sessions see the certificate that the plant tells; a wrong password is refused', async () => {
    for (const secured of ['Sign', 'SignAndEncrypt'] as const) {
      const user = {
        type: UserTokenType.UserName,
        userName: UTILITIES_USER.name,
        password: UTILITIES_USER.password,
      } as const;
      await using client = await connectUtilities(plant.opcua.url, { secured, user });
      assert.equal(fingerprint(client.certificate), plant.opcua.fingerprint);
      assert.ok((await client.read('CompressedAir/Header/Pressure')).value > 5);
      await assert.rejects(
        connectUtilities(plant.opcua.url, { secured, user: { ...user, password: 'guessed' } }),
        /BadUserAccessDenied/,
      );
    }
  });

  test('a renumbered server has other node ids below the same names, a changed certificate is another one', async () => {
    const shown = async () => {
      try {
        await using client = await connectUtilities(plant.opcua.url, { secured: 'Sign' });
        const at = await pressureIn(client);
        return { at, known: fingerprint(client.certificate) === plant.opcua.fingerprint };
      } catch {
        return undefined;
      }
    };
    const is = (ids: RegExp, known: boolean) => async () => {
      const now = await shown();
      return now !== undefined && ids.test(now.at ?? '') && now.known === known;
    };
    assert.ok(await is(/^ns=2;s=Boiler.Steam.Pressure$/, true)());
    plant.fault('server-renumbered', true);
    plant.fault('certificate-changed', true);
    await until('other ids and another certificate', is(/^ns=3;i=\d+$/, false), 25_000);
    plant.fault('server-renumbered', false);
    plant.fault('certificate-changed', false);
    await until('those of before', is(/^ns=2;s=Boiler.Steam.Pressure$/, true), 25_000);
  });

  test('a silent server keeps its sessions and answers when it is mended', () =>
    connected(async ({ read }) => {
      plant.fault('device-silent', true, { device: 'utilities' });
      const asked = async () => {
        const reply = read('Boiler/Steam/Pressure').then(() => 'answered');
        const late = new Promise<string>((resolve) => setTimeout(resolve, 400, 'nothing'));
        return { first: await Promise.race([reply, late]), reply };
      };
      let pending: Promise<string> | undefined;
      await until('it says nothing', async () => {
        const { first, reply } = await asked();
        pending = reply;
        return first === 'nothing';
      });
      plant.fault('device-silent', false, { device: 'utilities' });
      assert.equal(await pending, 'answered');
    }));

  test('a wrong clock, slow answers and garbage last as long as the fault', async () => {
    await connected(async ({ session, index, read }) => {
      const aheadMs = async () => {
        const nodeId = `ns=${index};s=Boiler.Steam.Pressure`;
        const { sourceTimestamp } = await session.read({ nodeId, attributeId: AttributeIds.Value });
        return (sourceTimestamp?.getTime() ?? 0) - Date.now();
      };
      plant.fault('clock-wrong', true, { device: 'utilities' });
      await until('an hour ahead', async () => (await aheadMs()) > 3_000_000);
      plant.fault('clock-wrong', false, { device: 'utilities' });
      await until('right', async () => Math.abs(await aheadMs()) < 60_000);
      const tookMs = async () => {
        const begin = performance.now();
        await read('Boiler/Steam/Pressure');
        return performance.now() - begin;
      };
      plant.fault('slow-device', true, { device: 'utilities' });
      await until('slow', async () => (await tookMs()) > 590);
      plant.fault('slow-device', false, { device: 'utilities' });
      await until('quick', async () => (await tookMs()) < 590);
    });
    const works = async () => {
      try {
        // A length that lies is noticed by its silence only.
        await using client = await connectUtilities(plant.opcua.url, { timeoutMs: 1000 });
        return (await client.read('Cip/Runs')).value > 0;
      } catch {
        return false;
      }
    };
    plant.fault('garbage-replies', true, { device: 'utilities' });
    await until('garbage', async () => !(await works()));
    plant.fault('garbage-replies', false, { device: 'utilities' });
    await until('sense', works, 20_000);
  });

  test('a certificate stays the same for as long as its folder does', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'plant-'));
    const fingerprints = [await serverCertificate(dir), await serverCertificate(dir)];
    assert.equal((await stat(privateKeyFile(dir))).mode & 0o777, 0o600);
    assert.match(fingerprints[0] ?? '', /^[0-9a-f]{64}$/);
    assert.equal(fingerprints[1], fingerprints[0]);
    await rm(dir, { recursive: true });
  });
});

/** Where the steam pressure is, found by browse names. */
async function pressureIn({ session, index }: UtilitiesClient): Promise<string | undefined> {
  const elements = ['Utilities', 'Boiler', 'Steam', 'Pressure'].map((name) => ({
    referenceTypeId: 'i=33',
    isInverse: false,
    includeSubtypes: true,
    targetName: { namespaceIndex: index, name },
  }));
  const found = await session.translateBrowsePath({
    startingNode: 'i=85',
    relativePath: { elements },
  } as never);
  return found.targets?.[0]?.targetId.toString();
}

async function withClient<T>(url: string, use: (client: UtilitiesClient) => Promise<T>): Promise<T> {
  await using client = await connectUtilities(url);
  return await use(client);
}

/** Data variables below a node, whatever their depth; properties are not among them. */
async function browseAll(
  session: UtilitiesClient['session'],
  nodeId: string,
): Promise<readonly ReferenceDescription[]> {
  const found: ReferenceDescription[] = [];
  const open = [nodeId];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { references } = await session.browse({
      nodeId: next,
      referenceTypeId: 'i=47',
      includeSubtypes: true,
      browseDirection: BrowseDirection.Forward,
      nodeClassMask: 3,
      resultMask: 63,
    });
    for (const reference of references ?? []) {
      // Conditions have variables of their own.
      if (reference.browseName.name === 'PressureAlarm') continue;
      if (reference.nodeClass === NodeClass.Variable) found.push(reference);
      else open.push(reference.nodeId.toString());
    }
  }
  return found;
}

const reportOf = async (read: UtilitiesClient['read']) => (await read('Cip/LastReport')).value;

function exact({ value }: Variant): bigint {
  const [high, low] = value as [number, number];
  return (BigInt(high) << 32n) | BigInt(low);
}

const fingerprint = (der: Uint8Array): string => createHash('sha256').update(der).digest('hex');
