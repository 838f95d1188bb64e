import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Requests of one connection that are worked on at once. Only a client that pipelines ever has more than one. */
const REQUESTS_MAX = 4;

interface Pipeline {
  running: number;
  waiting: (() => void)[];
}

/**
 * Bounds how much of the process one connection gets. Node hands over every request that fits into one read, over a
 * thousand of them, before any other connection has its turn. Here the others wait, the connection is not read meanwhile,
 * and each next one starts in an event-loop turn of its own.
 *
 * @param listener handles one request
 */
export function limitPipelining(listener: RequestListener): RequestListener {
  const pipelines = new WeakMap<Socket, Pipeline>();

  const start = (pipeline: Pipeline, request: IncomingMessage, response: ServerResponse) => {
    pipeline.running += 1;
    response.once('close', () => {
      pipeline.running -= 1;
      if (pipeline.waiting.length > 0) setImmediate(startNext, pipeline, request.socket);
    });
    listener(request, response as Parameters<RequestListener>[1]);
  };

  const startNext = (pipeline: Pipeline, socket: Socket) => {
    if (socket.destroyed) return;
    pipeline.waiting.shift()?.();
    if (pipeline.waiting.length === 0) socket.resume();
  };

  return (request, response) => {
    const { socket } = request;
    let pipeline = pipelines.get(socket);
    if (pipeline === undefined) {
      pipeline = { running: 0, waiting: [] };
      pipelines.set(socket, pipeline);
    }
    if (pipeline.running < REQUESTS_MAX && pipeline.waiting.length === 0) return start(pipeline, request, response);
    const waited = pipeline;
    pipeline.waiting.push(() => start(waited, request, response));
    socket.pause();
  };
}
