import type { sendUnaryData, ServerUnaryCall, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { Cluster } from '../rpc/cluster.ts';
import { toRpcError } from '../rpc/errors.ts';

type AnyHandler = (call: ServerUnaryCall<never, never>, callback?: sendUnaryData<never>) => void;

/** Makes the handlers of a service refuse calls as a node of a cluster does. BatchAppend answers each append separately. */
export const admitted = (
  cluster: Cluster,
  handlers: UntypedServiceImplementation,
): UntypedServiceImplementation => {
  const entries = Object.entries(handlers).map(([name, handler]) => {
    const handle = handler as unknown as AnyHandler;
    const admit: AnyHandler = (call, callback) => {
      try {
        if (name !== 'batchAppend') cluster.requireReady();
        cluster.requireLeader(call);
      } catch (error) {
        if (callback) callback(toRpcError(error));
        else call.emit('error', toRpcError(error));
        return;
      }
      handle(call, callback);
    };
    return [name, admit];
  });
  return Object.fromEntries(entries) as UntypedServiceImplementation;
};
