import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import { softDelete, tombstone } from '../store/append.ts';
import { encodeDeleteResponse, type StreamOptions } from '../wire/append-messages.ts';
import { requireValidStream } from './append-events.ts';
import type { ServiceContext } from './context.ts';
import { invalidArgument, refusalOf, toRpcError } from '../rpc/errors.ts';

interface DeleteRequest {
  readonly options: StreamOptions | undefined;
}

/** Streams.Delete and Streams.Tombstone. */
export const deleteService =
  (context: ServiceContext, operation: 'Delete' | 'Tombstone') =>
  (call: ServerUnaryCall<DeleteRequest, Buffer>, callback: sendUnaryData<Buffer>): void => {
    const remove = operation === 'Delete' ? softDelete : tombstone;
    try {
      const user = context.access.authenticate(call.metadata);
      const { expected } = call.request.options ?? {};
      const stream = requireValidStream(call.request.options?.stream);
      if (expected === undefined) throw invalidArgument('An expected revision is required');
      context.access.require(user, stream, 'delete');
      context.store.writer.submit(
        (tx) => remove(tx, stream, expected),
        (error, outcome) => {
          if (error || !outcome) return callback(toRpcError(error));
          const refusal = refusalOf(operation, stream, expected, outcome);
          if (refusal || outcome.kind !== 'written') return callback(refusal ?? toRpcError(outcome));
          callback(null, encodeDeleteResponse(outcome.pos));
        },
      );
    } catch (error) {
      callback(toRpcError(error));
    }
  };
