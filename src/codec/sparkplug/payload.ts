/**
 * The message `org.eclipse.tahu.protobuf.Payload` (Sparkplug 3.0, 6.4). Absent fields are absent on the wire. Times
 * are ms since 1970, UTC, exact up to 2^53.
 */
export interface Payload {
  readonly timestamp?: number;
  readonly metrics: readonly Metric[];
  /** 0 to 255. */
  readonly seq?: number;
  readonly uuid?: string;
  readonly body?: Uint8Array;
}

export interface Metric {
  readonly name?: string;
  readonly alias?: bigint;
  readonly timestamp?: number;
  /** See `DataType`; needed to encode a value. */
  readonly datatype?: number;
  readonly isHistorical?: boolean;
  readonly isTransient?: boolean;
  readonly isNull?: boolean;
  readonly metadata?: MetaData;
  readonly properties?: PropertySet;
  /** A UInt32 in the member of 64-bit integers, as publishers after older versions send it, and read nothing else. */
  readonly isLong?: boolean;
  /** Absent where it is null, or where the bytes are none of the data type. */
  readonly value?: MetricValue;
}

/**
 * By data type: numbers for up to 32 bits and floats, bigint for Int64, UInt64 and DateTime, boolean, string for
 * String, Text and UUID, bytes for Bytes and File, arrays of these.
 */
export type MetricValue =
  | Plain
  | Uint8Array
  | readonly Plain[]
  | DataSet
  | Template
  | PropertySet
  | PropertySet[];
export type Plain = number | bigint | boolean | string;

export interface MetaData {
  readonly isMultiPart?: boolean;
  readonly contentType?: string;
  readonly size?: bigint;
  readonly seq?: bigint;
  readonly fileName?: string;
  readonly fileType?: string;
  readonly md5?: string;
  readonly description?: string;
}

export type PropertySet = ReadonlyMap<string, Property>;

export interface Property {
  readonly type: number;
  readonly isNull?: boolean;
  readonly value?: Plain | PropertySet | PropertySet[];
}

export interface DataSet {
  readonly columns: readonly string[];
  /** Data types of the columns. */
  readonly types: readonly number[];
  /** A cell is null where no value was sent. */
  readonly rows: readonly (readonly (Plain | null)[])[];
}

export interface Template {
  readonly version?: string;
  /** Name of the definition that this is an instance of; absent in definitions. */
  readonly templateRef?: string;
  readonly isDefinition?: boolean;
  readonly metrics: readonly Metric[];
  readonly parameters?: readonly Parameter[];
}

export interface Parameter {
  readonly name: string;
  readonly type: number;
  readonly value?: Plain;
}
