import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { DataType, StatusCodes, UserTokenPolicy, Variant, VariantArrayType } from 'node-opcua-client';
import { OPCUAServer } from 'node-opcua-server';
import type { ServerOptions, ServerReport, ServerRequest } from './peer.ts';
import { VALUES } from './values.ts';

/*
 * An OPC UA server in a process of its own, so that it can be killed for real. It is told what to do over the channel
 * of its parent (`peer.ts`) and ends with it.
 */

const options = JSON.parse(process.argv[2] ?? '{}') as ServerOptions;
// The file of the standard's own nodes is known to a package of the server's only.
const libraryOf = createRequire(import.meta.resolve('node-opcua-server'));
const { nodesets } = libraryOf('node-opcua-nodesets') as { nodesets: { standard: string } };
const TYPES = fileURLToPath(new URL('./types.xml', import.meta.url));

type AddressSpace = NonNullable<OPCUAServer['engine']['addressSpace']>;
type UAVariable = ReturnType<ReturnType<AddressSpace['getOwnNamespace']>['addVariable']>;
type VariantLike = Parameters<UAVariable['setValueFromSource']>[0];

const server = new OPCUAServer({
  port: options.port,
  host: '127.0.0.1',
  resourcePath: '/test',
  // A name that nobody resolves, as servers in plants like to announce.
  advertisedEndpoints: options.announce ? [options.announce] : [],
  nodeset_filename: [nodesets.standard, TYPES],
  ...(options.secured
    ? { securityModes: [1, 2, 3] }
    : { securityModes: [1], securityPolicies: ['http://opcfoundation.org/UA/SecurityPolicy#None'] }),
  allowAnonymous: options.anonymous ?? true,
  userManager: { isValidUser: (name: string, password: string) => name === 'otto' && password === 'motor' },
  serverCapabilities: {
    maxSessions: options.maxSessions ?? 20,
    operationLimits: options.limits ?? {},
    // Every change goes out, none is folded into the next.
    minSupportedSampleRate: 0,
  },
  ...(options.secured && options.tokenLifetimeMs && { defaultSecureTokenLifetime: options.tokenLifetimeMs }),
  buildInfo: { productName: 'Holdfast test server' },
  serverInfo: { applicationUri: 'urn:holdfast:test-server' },
} as unknown as ConstructorParameters<typeof OPCUAServer>[0]);

/** Properties of OperationLimits: reads, browses, monitored items in one call (OPC UA Part 6, A.1). */
const LIMITS = [11705, 11710, 11714];
const counters: UAVariable[] = [];
const named = new Map<string, UAVariable>();
let count = 0;
let mute: ServerReport['mute'] = 'no';
let clockOffsetMs = 0;
let writesEnd = '';
let swallow = 0;
let forgetful = false;

await server.initialize();
build();
if (options.passwordInClear) offerClear();
if (options.announceLimits === false) hideLimits();
mutePublishing();
endWrites();
forgetSent();
await server.start();

const everyMs = options.everyMs ?? 0;
const timer = everyMs > 0 ? setInterval(() => step(), everyMs) : undefined;

process.on('message', (request: ServerRequest) => void answer(request));
process.on('disconnect', () => process.exit());
process.send?.({ ready: true });

function build(): void {
  const space = server.engine.addressSpace as AddressSpace;
  const ns = space.getOwnNamespace();
  const shift = options.renumber ?? 0;
  const plant = ns.addFolder(space.rootFolder.objects, { browseName: 'Plant', nodeId: `i=${1000 + shift}` });
  const line = ns.addObject({ organizedBy: plant, browseName: 'Line1', nodeId: `i=${1001 + shift}` });
  for (let i = 0; i < (options.variables ?? 10); i++) {
    counters.push(
      ns.addVariable({
        componentOf: line,
        browseName: `Counter${i}`,
        nodeId: `i=${10_000 + i + shift}`,
        dataType: 'Double',
        minimumSamplingInterval: 0,
        value: { dataType: DataType.Double, value: 0 },
      }),
    );
  }
  for (const [name, { type, value, rank = -1, dimensions, rights }] of Object.entries(VALUES)) {
    const arrayType = [VariantArrayType.Scalar, VariantArrayType.Array, VariantArrayType.Matrix][
      Math.max(0, rank)
    ];
    const variable = ns.addVariable({
      componentOf: plant,
      browseName: name,
      nodeId: `s=${name}`,
      dataType: DataType[type] as string,
      minimumSamplingInterval: 0,
      valueRank: rank,
      ...(dimensions && { arrayDimensions: [...dimensions] }),
      accessLevel: rights ?? 'CurrentRead',
      userAccessLevel: rights ?? 'CurrentRead',
      value: {
        dataType: type,
        value,
        arrayType,
        ...(dimensions && { dimensions: [...dimensions] }),
      } as unknown as Variant,
    });
    named.set(name, variable);
  }
  clamp();
  addStructure(space, plant);
  const level = ns.addAnalogDataItem({
    componentOf: plant,
    browseName: 'Level',
    nodeId: 's=Level',
    dataType: 'Double',
    definition: 'level',
    engineeringUnitsRange: { low: 0, high: 100 },
    instrumentRange: { low: -10, high: 110 },
    engineeringUnits: {
      namespaceUri: 'http://www.opcfoundation.org/UA/units/un/cefact',
      unitId: 4408652,
      displayName: { text: '°C' },
      description: { text: 'degree Celsius' },
    },
    value: { dataType: DataType.Double, value: 50 },
  });
  named.set('Level', level as unknown as UAVariable);
}

function addStructure(space: AddressSpace, plant: Parameters<typeof String>[0]): void {
  const ns = space.getOwnNamespace();
  const types = space.getNamespaceIndex('urn:holdfast:test:types');
  const axis = space.findDataType('Axis', types);
  const recipe = space.findDataType('Recipe', types);
  const state = space.findDataType('MachineState', types);
  const setting = space.findDataType('Setting', types);
  if (!axis || !recipe || !state || !setting) throw new Error('the types are missing');
  const value = space.constructExtensionObject(recipe, {
    name: 'Bread',
    batch: [2_097_152, 1],
    axes: [
      space.constructExtensionObject(axis, { position: 1.5, speed: 2.5 }),
      space.constructExtensionObject(axis, { position: -3, speed: 0 }),
    ],
    limits: [1, 2, 3],
  });
  const shared = { componentOf: plant, minimumSamplingInterval: 0 } as object;
  named.set(
    'Recipe',
    ns.addVariable({
      ...shared,
      browseName: 'Recipe',
      nodeId: 's=Recipe',
      dataType: recipe,
      value: { dataType: DataType.ExtensionObject, value } as unknown as Variant,
    } as unknown as Parameters<typeof ns.addVariable>[0]),
  );
  const limit = { name: 'Limit', value: 7.5, description: 'of the press', text: 'up', locale: 'to' };
  named.set(
    'Setting',
    ns.addVariable({
      ...shared,
      browseName: 'Setting',
      nodeId: 's=Setting',
      dataType: setting,
      value: {
        dataType: DataType.ExtensionObject,
        value: space.constructExtensionObject(setting, limit),
      } as unknown as Variant,
    } as unknown as Parameters<typeof ns.addVariable>[0]),
  );
  named.set(
    'State',
    ns.addVariable({
      ...shared,
      browseName: 'State',
      nodeId: 's=State',
      dataType: state,
      value: { dataType: DataType.Int32, value: 1 } as unknown as Variant,
    } as unknown as Parameters<typeof ns.addVariable>[0]),
  );
}

/** Names are taken in the clear, or by a policy that is broken and that nobody speaks any more. */
function offerClear(): void {
  const policies = ['None', 'Basic128Rsa15'].map(
    (name) => `http://opcfoundation.org/UA/SecurityPolicy#${name}`,
  );
  for (const endpoint of server.endpoints)
    for (const description of endpoint.endpointDescriptions())
      description.userIdentityTokens = policies.map(
        (securityPolicyUri, i) =>
          new UserTokenPolicy({ policyId: `name${i}`, tokenType: 1, securityPolicyUri }),
      );
}

/** The limits hold, but nobody is told. */
function hideLimits(): void {
  const space = server.engine.addressSpace as AddressSpace;
  const none = new Variant({ dataType: DataType.UInt32, value: 0 });
  for (const id of LIMITS)
    (space.findNode(`i=${id}`) as unknown as UAVariable).bindVariable({ get: () => none }, true);
}

/** Requests to publish vanish while `mute` is `all`; the session lives on and answers everything else. */
function mutePublishing(): void {
  const target = server as unknown as { _on_PublishRequest: (...args: unknown[]) => unknown };
  const publish = target._on_PublishRequest.bind(server);
  target._on_PublishRequest = (...args) => (mute === 'all' ? undefined : publish(...args));
}

interface Writes {
  _on_WriteRequest(message: unknown, channel: { send_response: (...args: unknown[]) => void }): void;
}

/** As a drive does that takes more than it can do, and stays at its limit. */
function clamp(): void {
  const variable = named.get('WClamped') as UAVariable;
  variable.on('value_changed', ({ value }: { readonly value: Variant }) => {
    if (value.value > 100) variable.setValueFromSource({ dataType: DataType.Double, value: 100 });
  });
}

/** What was written is there, and the answer says what it was told to say. */
function endWrites(): void {
  const target = server as unknown as Writes;
  const write = target._on_WriteRequest.bind(server);
  target._on_WriteRequest = (message, channel) => {
    const send = channel.send_response;
    channel.send_response = (...args) => {
      channel.send_response = send;
      const response = args[1] as { results?: unknown[] | null };
      const status = (StatusCodes as unknown as Record<string, unknown>)[writesEnd];
      if (status) response.results = response.results?.map(() => status) ?? null;
      send.apply(channel, args);
    };
    write(message, channel);
  };
}

interface Published {
  readonly notificationMessage?: { readonly notificationData?: readonly unknown[] | null };
}
interface Publisher {
  _send_response_for_request(data: unknown, response: Published): void;
}

/** As a broken switch does: the message is sent, kept to be sent again, and arrives nowhere. */
function swallowNotifications(): void {
  for (const { publishEngine } of sessions()) {
    const engine = publishEngine as unknown as Publisher;
    const send = engine._send_response_for_request.bind(engine);
    engine._send_response_for_request = (data, response) => {
      const isData = (response.notificationMessage?.notificationData ?? []).length > 0;
      if (isData && swallow-- > 0) return;
      send(data, response);
    };
  }
}

function forgetSent(): void {
  const target = server as unknown as { _on_RepublishRequest: (...args: unknown[]) => void };
  const republish = target._on_RepublishRequest.bind(server);
  target._on_RepublishRequest = (...args) => {
    const subscriptions = sessions().flatMap(({ publishEngine }) => publishEngine.subscriptions);
    for (const one of subscriptions as unknown as { _sent_notification_messages: unknown[] }[])
      if (forgetful) one._sent_notification_messages = [];
    republish(...args);
  };
}

function step(times = 1): void {
  for (let n = 0; n < times; n++) {
    count++;
    const at = new Date(Date.now() + clockOffsetMs);
    for (const variable of counters)
      variable.setValueFromSource({ dataType: DataType.Double, value: count }, undefined, at);
  }
}

async function answer(request: ServerRequest): Promise<void> {
  clockOffsetMs = request.clockOffsetMs ?? clockOffsetMs;
  swallow = request.swallow ?? swallow;
  forgetful = request.forgetful ?? forgetful;
  if (request.swallow) swallowNotifications();
  writesEnd = request.writesEnd ?? writesEnd;
  if (request.step) step(request.step);
  if (request.set) {
    const { name, value } = request.set;
    const variable = named.get(name);
    const old = variable?.readValue().value;
    variable?.setValueFromSource({ ...old, value } as VariantLike);
  }
  if (request.mute) {
    mute = request.mute;
    for (const session of sessions())
      for (const subscription of session.publishEngine.subscriptions)
        subscription.setPublishingMode(mute !== 'data');
  }
  if (request.stop) {
    clearInterval(timer);
    await server.shutdown(50);
  }
  process.send?.({ id: request.id, report: report() });
  if (request.stop) process.exit();
}

interface Session {
  readonly publishEngine: {
    readonly subscriptions: readonly { setPublishingMode(on: boolean): void; monitoredItemCount: number }[];
  };
}
const sessions = (): Session[] =>
  Object.values((server.engine as unknown as { _sessions: Record<string, Session> })._sessions);

function report(): ServerReport {
  const subscriptions = sessions().flatMap((session) => session.publishEngine.subscriptions);
  return {
    mute,
    count,
    sessions: server.engine.currentSessionCount,
    sessionsEver: server.engine.cumulatedSessionCount,
    subscriptions: server.engine.currentSubscriptionCount,
    subscriptionsEver: server.engine.cumulatedSubscriptionCount,
    items: subscriptions.reduce((sum, { monitoredItemCount }) => sum + monitoredItemCount, 0),
    channels: server.endpoints.reduce((sum, endpoint) => sum + endpoint.currentChannelCount, 0),
    values: Object.fromEntries(
      [...named].map(([name, variable]) => {
        const { value } = variable.readValue().value;
        return [
          name,
          typeof value === 'object' && value !== null ? JSON.parse(JSON.stringify(value)) : value,
        ];
      }),
    ),
  };
}
