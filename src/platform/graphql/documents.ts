import type { DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';

/** Apollo's cache keys end with the SHA-256 of the document, in hexadecimal. */
const HASH_CHARACTERS = 64;

/** Hashes of documents that were accepted once. */
const SEEN_MAX = 1_000;

/**
 * A document store for Apollo Server that contains only documents that passed every check. Apollo's default store contains
 * every document that can be parsed, up to 30 MiB of JSON, which takes about 300 MiB of memory. A document is cached at
 * its second use, because a document without a second use would only fill V8's old space, which is collected rarely.
 */
export class AcceptedDocuments {
  readonly #documents: LRUCache<string, DocumentNode>;
  readonly #seen = new LRUCache<string, true>({ max: SEEN_MAX });

  /**
   * @param charactersMax maximum sum of the lengths of all documents; one character takes about 50 bytes of memory
   * @param documentCharactersMax maximum length of one document
   */
  constructor(charactersMax: number, documentCharactersMax: number) {
    this.#documents = new LRUCache({ maxSize: charactersMax, maxEntrySize: documentCharactersMax });
  }

  /** Returns the document with a key of Apollo. Undefined if it is not cached. */
  async get(key: string): Promise<DocumentNode | undefined> {
    return this.#documents.get(key.slice(-HASH_CHARACTERS));
  }

  /** Does nothing: Apollo calls it before the document is validated. */
  async set(): Promise<void> {}

  async delete(key: string): Promise<boolean> {
    return this.#documents.delete(key.slice(-HASH_CHARACTERS));
  }

  /** Returns whether the document with this hash is cached. If so, it is neither parsed nor validated again. */
  keeps(hash: string): boolean {
    return this.#documents.has(hash);
  }

  /** Returns whether this document is the cached one with the hash. */
  has(hash: string, document: DocumentNode): boolean {
    return this.#documents.peek(hash) === document;
  }

  /** Stores a valid document if this is at least its second use. */
  accept(hash: string, document: DocumentNode, characters: number): void {
    if (this.has(hash, document)) return;
    if (this.#seen.has(hash)) this.#documents.set(hash, document, { size: characters });
    else this.#seen.set(hash, true);
  }
}
