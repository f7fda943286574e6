/** Engineering units by their UN/CEFACT common code (Recommendation 20), symbol and name (OPC UA Part 8, 5.6.4.4). */
export const UNITS = {
  bar: ['BAR', 'bar', 'bar [unit of pressure]'],
  celsius: ['CEL', '°C', 'degree Celsius'],
  percent: ['P1', '%', 'percent'],
  kilowatt: ['KWT', 'kW', 'kilowatt'],
  kilovar: ['KVR', 'kvar', 'kilovar'],
  kilovoltampere: ['KVA', 'kV·A', 'kilovolt - ampere'],
  wattHour: ['WHR', 'W·h', 'watt hour'],
  volt: ['VLT', 'V', 'volt'],
  ampere: ['AMP', 'A', 'ampere'],
  hertz: ['HTZ', 'Hz', 'hertz'],
  kilogram: ['KGM', 'kg', 'kilogram'],
  kilogramPerHour: ['E93', 'kg/h', 'kilogram per hour'],
  cubicMetrePerHour: ['MQH', 'm³/h', 'cubic metre per hour'],
  cubicMetrePerMinute: ['G53', 'm³/min', 'cubic metre per minute'],
  litre: ['LTR', 'l', 'litre'],
  hour: ['HUR', 'h', 'hour'],
  second: ['SEC', 's', 'second [unit of time]'],
  millimetrePerSecond: ['C16', 'mm/s', 'millimetre per second'],
  millisiemensPerCentimetre: ['H61', 'mS/cm', 'millisiemens per centimetre'],
} as const;
export type UnitName = keyof typeof UNITS;

/** The number that stands for a common code: its characters as bytes, the first one highest. */
export const unitIdOf = (code: string): number =>
  [...code].reduce((id, character) => id * 256 + character.charCodeAt(0), 0);
