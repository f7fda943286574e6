import { unitProblem } from '#kernel/units.ts';

/** OPC UA Part 8, 5.6.3: `unitId` holds the letters of the common code when the namespace says so. */
const UNECE = 'http://www.opcfoundation.org/UA/units/un/cefact';

/**
 * UCUM by common code of UN/ECE Recommendation 20 (revision 17, annexes I–III), for the units that industry measures
 * in: code and unit in turn.
 */
export const UNITS = pairs(`
  CEL Cel  KEL K  FAH [degF]  BAR bar  MBR mbar  PAL Pa  A97 hPa  KPA kPa  MPA MPa  PS [psi]
  MTR m  KMT km  CMT cm  MMT mm  4H um  INH [in_i]  FOT [ft_i]  MTK m2  MTQ m3  CMQ cm3  LTR L  MLT mL
  GLL [gal_us]  FTQ [cft_i]  INQ [cin_i]  KGM kg  GRM g  MGM mg  TNE t  LBR [lb_av]
  SEC s  C26 ms  B98 us  MIN min  HUR h  DAY d  HTZ Hz  KHZ kHz  MHZ MHz  A86 GHz  RPM /min  RPS /s
  MQH m3/h  G53 m3/min  MQS m3/s  2J cm3/s  E32 L/h  L2 L/min  G51 L/s  KGS kg/s  F31 kg/min  E93 kg/h
  MTS m/s  2X m/min  2M cm/s  C16 mm/s  KMH km/h  KNT [kn_i]  MSK m/s2  NEW N  B47 kN  NU N.m
  WTT W  KWT kW  MAW MW  A90 GW  WHR W.h  KWH kW.h  MWH MW.h  GWH GW.h  JOU J  KJO kJ  3B MJ  BTU [Btu_IT]
  VLT V  2Z mV  KVT kV  AMP A  4K mA  B22 kA  OHM Ohm  B49 kOhm  B75 MOhm  FAR F  4O uF  D33 T  WEB Wb
  SIE S  D10 S/m  H61 mS/cm  G42 uS/cm  D46 V.A  KVA kV.A  MVA MV.A  D44 V.A{reactive}  KVR kV.A{reactive}
  P1 %  59 [ppm]  61 [ppb]  C62 1  DD deg  D61 '  C81 rad  2N dB  Q30 [pH]  LUX lx  LUM lm  CDL cd
  C34 mol  GL g/L  23 g/cm3  KMQ kg/m3  GP mg/m3  GQ ug/m3  M1 mg/L  C65 Pa.s  C24 mPa.s  4C cSt
  A99 bit  AD By  4L MBy  E34 GBy`);

function pairs(text: string): ReadonlyMap<string, string> {
  const words = text.trim().split(/\s+/);
  return new Map(words.flatMap((code, i) => (i % 2 === 0 ? [[code, words[i + 1] as string] as const] : [])));
}

/** EUInformation as a server gives it (OPC UA Part 8, 5.6.3). */
export interface EngineeringUnits {
  readonly namespaceUri?: string | null;
  readonly unitId?: number;
  readonly displayName?: { readonly text?: string | null } | null;
}

/** The UCUM code; undefined where neither the common code nor the text tells it. */
export function ucumOf(units: EngineeringUnits): string | undefined {
  const byCode = units.namespaceUri === UNECE ? UNITS.get(commonCode(units.unitId ?? 0)) : undefined;
  if (byCode !== undefined) return byCode;
  const text = units.displayName?.text?.trim() ?? '';
  return text !== '' && unitProblem(text) === undefined ? text : undefined;
}

/** Up to three letters, the last in the lowest byte. */
function commonCode(unitId: number): string {
  const letters = [16, 8, 0].map((shift) => (unitId >> shift) & 0xff).filter((letter) => letter > 0);
  return String.fromCharCode(...letters);
}
