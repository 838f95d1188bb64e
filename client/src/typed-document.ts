/**
 * A GraphQL document with the types of its result and its variables. It has the form of the documents that GraphQL Code Generator
 * writes with `documentMode: string`.
 */
export class TypedDocument<Result, Variables> {
  /** Exists only as a type. */
  declare readonly __apiType?: (variables: Variables) => Result;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}
