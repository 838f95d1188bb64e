import type { DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';

/**
 * Apollo Server's document store, for documents that passed every check alone: Apollo stores each document that can be
 * parsed, and as many as 30 MiB of JSON hold, which is ten times as much memory.
 */
export class AcceptedDocuments {
  readonly #documents: LRUCache<string, DocumentNode>;
  readonly #keys = new WeakMap<DocumentNode, string>();
  readonly #accepted = new WeakSet<DocumentNode>();

  constructor(documentsMax: number) {
    this.#documents = new LRUCache({ max: documentsMax });
  }

  async get(key: string): Promise<DocumentNode | undefined> {
    return this.#documents.get(key);
  }

  /** Remembers the key alone. Apollo calls this before the document is checked. */
  async set(key: string, document: DocumentNode): Promise<void> {
    this.#keys.set(document, key);
  }

  async delete(key: string): Promise<boolean> {
    return this.#documents.delete(key);
  }

  /** @returns whether the document was accepted before */
  has(document: DocumentNode): boolean {
    return this.#accepted.has(document);
  }

  accept(document: DocumentNode): void {
    this.#accepted.add(document);
    const key = this.#keys.get(document);
    if (key !== undefined) this.#documents.set(key, document);
  }
}
