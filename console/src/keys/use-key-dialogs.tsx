import type { ComponentChildren } from 'preact';
import { useCallback, useRef, useState } from 'preact/hooks';
import type { IssuedKey } from './actions';
import { CreateDialog } from './create-dialog';
import { EditDialog } from './edit-dialog';
import type { Key } from './key';
import type { KeyAction } from './key-row';
import type { KeyPolicy } from './policy';
import { RevokeDialog } from './revoke-dialog';
import { RotateDialog } from './rotate-dialog';
import { useKeysScope } from './scope';
import { ShownOnceDialog } from './shown-once-dialog';

type Open = { type: 'create'; known: ReadonlySet<string> } | { type: KeyAction; apiKey: Key } | { type: 'shown'; issued: IssuedKey };

export interface KeyDialogs {
  openCreate: (known: ReadonlySet<string>) => void;
  open: (action: KeyAction, key: Key) => void;
  /** The open dialog, to render. */
  dialog: ComponentChildren;
}

/** The dialogs of keys, of which one is open at a time. */
export function useKeyDialogs(policy: KeyPolicy | undefined, onDone?: () => void): KeyDialogs {
  const scope = useKeysScope();
  const [shown, setShown] = useState<Open>();
  const close = useCallback(() => setShown(undefined), []);
  const done = useRef(onDone);
  done.current = onDone;
  // The key may have been used while it was shown.
  const closeShown = useCallback(() => {
    setShown(undefined);
    done.current?.();
  }, []);
  const issue = (type: 'created' | 'rotated') => (issued: IssuedKey) => {
    const { id, keyPrefix, name } = issued.key;
    setShown({ type: 'shown', issued });
    scope.onEvent(type, { id, keyPrefix, name });
  };
  const revoked = ({ id, keyPrefix, name }: Key) => {
    close();
    scope.onEvent('revoked', { id, keyPrefix, name });
    onDone?.();
  };
  const render = (): ComponentChildren => {
    switch (shown?.type) {
      case 'create':
        return policy && <CreateDialog policy={policy} known={shown.known} onIssued={issue('created')} onClose={close} />;
      case 'edit':
        return policy && <EditDialog apiKey={shown.apiKey} policy={policy} onClose={close} />;
      case 'rotate':
        return <RotateDialog apiKey={shown.apiKey} onIssued={issue('rotated')} onClose={close} />;
      case 'revoke':
        return <RevokeDialog apiKey={shown.apiKey} mayUpdate={scope.mayUpdate} onRevoked={revoked} onClose={close} />;
      case 'shown':
        return <ShownOnceDialog issued={shown.issued} onClose={closeShown} />;
      case undefined:
        return null;
    }
  };
  return {
    openCreate: (known) => setShown({ type: 'create', known }),
    open: (type, apiKey) => setShown({ type, apiKey }),
    dialog: render(),
  };
}
