/** A product of the line: what its number at the panel means for the machines. */
export interface Product {
  readonly name: string;
  /** Beside water. */
  readonly density: number;
  /** Friction in the pipe, beside water: what is thicker flows less. */
  readonly friction: number;
  /** Speed of the pump that its recipe asks for. */
  readonly speedRpm: number;
}

/** Numbered from 1. */
export const PRODUCTS: readonly Product[] = [
  { name: 'water', density: 1, friction: 1, speedRpm: 2400 },
  { name: 'lemonade', density: 1.04, friction: 1.03, speedRpm: 2400 },
  { name: 'juice', density: 1.05, friction: 1.15, speedRpm: 2500 },
];

/** What is in the pipe: between two products it changes little by little. */
export interface Fluid {
  density: number;
  friction: number;
}

export const newFluid = (): Fluid => ({ density: 1, friction: 1 });
