import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Requests of one connection that run at the same time. Only clients that use pipelining have more than one. */
const REQUESTS_MAX = 4;

interface Pipeline {
  running: number;
  waiting: (() => void)[];
}

/**
 * Wraps a request listener, and bounds the share of the process that one connection gets. Node emits every request of one
 * read, which can be over a thousand, before it reads another connection. With this listener, further requests wait, the
 * connection is paused, and each waiting request starts in a new turn of the event loop.
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
