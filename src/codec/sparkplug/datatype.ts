/** Data types of metrics, properties, data set columns and template parameters (Sparkplug 3.0, 6.4.16). */
export const DataType = {
  Unknown: 0,
  Int8: 1,
  Int16: 2,
  Int32: 3,
  Int64: 4,
  UInt8: 5,
  UInt16: 6,
  UInt32: 7,
  UInt64: 8,
  Float: 9,
  Double: 10,
  Boolean: 11,
  String: 12,
  DateTime: 13,
  Text: 14,
  UUID: 15,
  DataSet: 16,
  Bytes: 17,
  File: 18,
  Template: 19,
  PropertySet: 20,
  PropertySetList: 21,
  Int8Array: 22,
  Int16Array: 23,
  Int32Array: 24,
  Int64Array: 25,
  UInt8Array: 26,
  UInt16Array: 27,
  UInt32Array: 28,
  UInt64Array: 29,
  FloatArray: 30,
  DoubleArray: 31,
  BooleanArray: 32,
  StringArray: 33,
  DateTimeArray: 34,
} as const;

/** Which member of `oneof value` holds it; of a Metric the field number less 10. */
export const Kind = {
  int: 0,
  long: 1,
  float: 2,
  double: 3,
  boolean: 4,
  string: 5,
  bytes: 6,
  dataSet: 7,
  template: 8,
  extension: 9,
  propertySet: 10,
  propertySets: 11,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** The member in which a value of this type is sent; undefined for types that this version does not know. */
export function kindOf(datatype: number): Kind | undefined {
  switch (datatype) {
    case DataType.Int8:
    case DataType.Int16:
    case DataType.Int32:
    case DataType.UInt8:
    case DataType.UInt16:
    case DataType.UInt32:
      return Kind.int;
    case DataType.Int64:
    case DataType.UInt64:
    case DataType.DateTime:
      return Kind.long;
    case DataType.Float:
      return Kind.float;
    case DataType.Double:
      return Kind.double;
    case DataType.Boolean:
      return Kind.boolean;
    case DataType.String:
    case DataType.Text:
    case DataType.UUID:
      return Kind.string;
    case DataType.DataSet:
      return Kind.dataSet;
    case DataType.Bytes:
    case DataType.File:
      return Kind.bytes;
    case DataType.Template:
      return Kind.template;
    case DataType.PropertySet:
      return Kind.propertySet;
    case DataType.PropertySetList:
      return Kind.propertySets;
    default:
      return isArrayType(datatype) ? Kind.bytes : undefined;
  }
}

export const isArrayType = (datatype: number): boolean =>
  datatype >= DataType.Int8Array && datatype <= DataType.DateTimeArray;

const NAMES = new Map<number, string>(Object.entries(DataType).map(([name, code]) => [code, name]));

/** As the specification writes it, such as `Int8Array`; a number that it does not know as `type 99`. */
export const dataTypeName = (datatype: number): string => NAMES.get(datatype) ?? `type ${datatype}`;
