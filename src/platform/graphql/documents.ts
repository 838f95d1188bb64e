import type { DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';

/** Apollo's keys end with the SHA-256 of the document, in hexadecimal. */
const HASH_CHARACTERS = 64;

/** Documents that were accepted once. Of each the hash is remembered. */
const SEEN_MAX = 1_000;

/**
 * Apollo Server's document store, for documents that passed every check alone: Apollo stores each document that can be
 * parsed, and as many as 30 MiB of JSON hold, which is ten times as much memory. A document is kept from its second use on: one
 * that never comes again would only be moved to V8's old space, which is collected late.
 */
export class AcceptedDocuments {
  readonly #documents: LRUCache<string, DocumentNode>;
  readonly #seen = new LRUCache<string, true>({ max: SEEN_MAX });

  /**
   * @param charactersMax of all documents together; in memory each takes about fifty times as much
   * @param documentCharactersMax a longer document is never kept
   */
  constructor(charactersMax: number, documentCharactersMax: number) {
    this.#documents = new LRUCache({ maxSize: charactersMax, maxEntrySize: documentCharactersMax });
  }

  async get(key: string): Promise<DocumentNode | undefined> {
    return this.#documents.get(key.slice(-HASH_CHARACTERS));
  }

  /** Does nothing: Apollo calls this before the document is checked. */
  async set(): Promise<void> {}

  async delete(key: string): Promise<boolean> {
    return this.#documents.delete(key.slice(-HASH_CHARACTERS));
  }

  /** Returns whether the document with this hash is kept, and so will be neither parsed nor validated. */
  keeps(hash: string): boolean {
    return this.#documents.has(hash);
  }

  /** @returns whether this document was accepted before */
  has(hash: string, document: DocumentNode): boolean {
    return this.#documents.peek(hash) === document;
  }

  accept(hash: string, document: DocumentNode, characters: number): void {
    if (this.has(hash, document)) return;
    if (this.#seen.has(hash)) this.#documents.set(hash, document, { size: characters });
    else this.#seen.set(hash, true);
  }
}
