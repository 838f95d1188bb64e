import type { DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';

/** Apollo's keys end with the SHA-256 of the document, in hexadecimal. */
const HASH_CHARACTERS = 64;

/**
 * Apollo Server's document store, for documents that passed every check alone: Apollo stores each document that can be
 * parsed, and as many as 30 MiB of JSON hold, which is ten times as much memory.
 */
export class AcceptedDocuments {
  readonly #documents: LRUCache<string, DocumentNode>;

  /** @param charactersMax of all documents together; in memory each takes some fifty times as much */
  constructor(charactersMax: number) {
    this.#documents = new LRUCache({ maxSize: charactersMax });
  }

  async get(key: string): Promise<DocumentNode | undefined> {
    return this.#documents.get(key.slice(-HASH_CHARACTERS));
  }

  /** Does nothing: Apollo calls this before the document is checked. */
  async set(): Promise<void> {}

  async delete(key: string): Promise<boolean> {
    return this.#documents.delete(key.slice(-HASH_CHARACTERS));
  }

  /** @returns whether this document was accepted before */
  has(hash: string, document: DocumentNode): boolean {
    return this.#documents.peek(hash) === document;
  }

  accept(hash: string, document: DocumentNode, characters: number): void {
    if (!this.has(hash, document)) this.#documents.set(hash, document, { size: characters });
  }
}
