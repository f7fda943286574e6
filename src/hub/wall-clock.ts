/** What the hub stamps with, and judges by: tests run it ahead. */
export interface WallClock {
  nowMs(): number;
}
