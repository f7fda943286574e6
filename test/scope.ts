/** Something that ends, and what is to be tidied up then; a test is one. */
export interface Scope {
  after(tidy: () => unknown): void;
}
