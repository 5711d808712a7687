import { status } from '@grpc/grpc-js';
import { RpcError } from '../rpc/errors.ts';

type Fault = 'does-not-exist' | 'exists' | 'failed' | 'maximum-subscribers-reached' | 'dropped';

const FAULTS: Readonly<Record<Fault, readonly [code: status, exception: string, text: string]>> = {
  'does-not-exist': [status.NOT_FOUND, 'persistent-subscription-does-not-exist', 'does not exist.'],
  exists: [status.ALREADY_EXISTS, 'persistent-subscription-exists', 'exists.'],
  failed: [status.INTERNAL, 'persistent-subscription-failed', 'failed'],
  'maximum-subscribers-reached': [
    status.FAILED_PRECONDITION,
    'maximum-subscribers-reached',
    'has the maximum number of subscribers.',
  ],
  dropped: [status.CANCELLED, 'persistent-subscription-dropped', 'was dropped.'],
};

/** The error of a persistent subscription. */
export const groupError = (fault: Fault, stream: string, group: string, reason?: string): RpcError => {
  const [code, exception, text] = FAULTS[fault];
  const ending = reason === undefined ? text : `${text}: '${reason}'`;
  return new RpcError(code, `Subscription group ${group} on stream ${stream} ${ending}`, {
    exception,
    'stream-name': stream,
    'group-name': group,
    ...(reason !== undefined && { reason }),
  });
};
