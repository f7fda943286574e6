/**
 * Quality of a sample: the upper 16 bits of an OPC UA StatusCode (OPC UA Part 4, 7.39; codes of Part 6, A.2 and
 * Part 8, 6.3). Bits 15–14 are the class (00 good, 01 uncertain, 10 bad), the other 14 the reason.
 */
export const Quality = {
  good: 0x0000,
  /** An operator replaced the value by hand. */
  goodLocalOverride: 0x0096,
  /** Put into the history from outside, by an import. */
  goodEntryInserted: 0x00a2,
  uncertain: 0x4000,
  /** The device stopped answering; the value is the last one it gave. */
  uncertainLastUsable: 0x4090,
  uncertainSubstitute: 0x4091,
  uncertainSensorNotAccurate: 0x4093,
  /** Outside the engineering range; the value is kept, because its high-high alarm is needed exactly then. */
  uncertainRangeExceeded: 0x4094,
  bad: 0x8000,
  badInternal: 0x8002,
  badCommunication: 0x8005,
  /** The bytes could not be understood. */
  badDecoding: 0x8007,
  badTimeout: 0x800a,
  badInvalidTimestamp: 0x8023,
  badNoCommunication: 0x8031,
  /** Nothing has arrived yet. */
  badWaitingForInitialData: 0x8032,
  badNodeUnknown: 0x8034,
  badOutOfRange: 0x803c,
  badTypeMismatch: 0x8074,
  badConfiguration: 0x8089,
  badNotConnected: 0x808a,
  badDeviceFailure: 0x808b,
  badSensorFailure: 0x808c,
  badOutOfService: 0x808d,
} as const;

const NAMES = new Map<number, string>(Object.entries(Quality).map(([name, code]) => [code, name]));

export const isGood = (quality: number): boolean => quality >>> 14 === 0;
/** True for 10 and for the reserved 11: what is not known to be usable is not used. */
export const isBad = (quality: number): boolean => quality >= 0x8000;

/** OPC UA Part 8, 6.3.2, and those of the same meaning that only devices give. */
const STAND_INS: ReadonlySet<number> = new Set([
  0x408f, // UncertainNoCommunicationLastUsableValue
  Quality.uncertainLastUsable,
  Quality.uncertainSubstitute,
  0x4092, // UncertainInitialValue
  0x4209, // UncertainSimulatedValue
]);

/**
 * True where the value stands in for one that was not measured now: the last usable one, a substitute, an initial or a
 * simulated one. It says nothing of the present.
 */
export const isStandIn = (quality: number): boolean => STAND_INS.has(quality);

const LOST: ReadonlySet<number> = new Set([
  Quality.badCommunication,
  Quality.badTimeout,
  Quality.badNoCommunication,
  Quality.badWaitingForInitialData,
  Quality.badNotConnected,
  Quality.badOutOfService,
]);

/**
 * True where nothing is known of the device any more: nothing has come, or it cannot be reached. Other bad qualities
 * are of one value only (sensor, decoding, range, type) and come from a device that answers.
 */
export const isLost = (quality: number): boolean => isBad(quality) && LOST.has(quality);

/** The worse of two: the higher class; the first on a tie, so that the earliest reason stays visible. */
export const worseQuality = (a: number, b: number): number => (b >>> 14 > a >>> 14 ? b : a);

/** A name for people and JSON, such as `uncertainRangeExceeded`; unknown reasons keep their code. */
export function qualityName(quality: number): string {
  const name = NAMES.get(quality);
  if (name !== undefined) return name;
  const family = isGood(quality) ? 'good' : isBad(quality) ? 'bad' : 'uncertain';
  return `${family}(0x${quality.toString(16).padStart(4, '0')})`;
}
