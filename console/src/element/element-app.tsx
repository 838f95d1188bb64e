import { useCallback, useEffect, useMemo, useRef } from 'preact/hooks';
import { ApiClient } from '../api/client';
import type { Problem } from '../api/problem';
import { ClientContext } from '../api/use-client';
import { useData } from '../api/use-data';
import { PortalPermissionsDocument, ProductDocument } from '../gql/graphql';
import { KeyPage } from '../keys/key-page';
import { KeysPage } from '../keys/keys-page';
import { type KeysScope, KeysScopeContext } from '../keys/scope';
import { type KeyMessages, TextContext, useText } from '../text';
import base from '../ui/base.module.css';
import { HeadingLevelContext } from '../ui/heading';
import { keyIdIn, LocationContext, memoryLocation, usePath } from '../ui/location';
import { Notice } from '../ui/notice';
import { focusHeading } from '../ui/page';
import { LoadProblem } from '../ui/problem-notice';
import { Skeleton } from '../ui/skeleton';
import { ToastProvider } from '../ui/toast';
import type { HostToken } from './host-token';
import { reportRejectedOrigin } from './rejected-origin';
import { scopeOf } from './scope-of';

interface Props {
  endpoint: string;
  /** The features that the page wants, separated by commas. */
  features: string;
  text: KeyMessages;
  createToken: () => HostToken;
  snippet: (keyPrefix: string) => string | undefined;
  onEvent: (name: string, detail: object) => void;
}

/** The views of keys within the page of a product. Their addresses are in memory: the address bar belongs to the page. */
export function ElementApp({ endpoint, features, text, createToken, snippet, onEvent }: Props) {
  const handlers = useRef({ createToken, onEvent, snippet, text });
  handlers.current = { createToken, onEvent, snippet, text };
  // A new client asks for a new token and reads everything again, so other features and texts keep it.
  const client = useMemo(() => {
    const report = ({ code, requestId }: Problem) => {
      handlers.current.onEvent('error', { code, requestId });
      if (code === 'NETWORK') void reportRejectedOrigin(endpoint, handlers.current.text.element.originRejected);
    };
    return new ApiClient(endpoint, handlers.current.createToken(), report);
  }, [endpoint]);
  const location = useMemo(memoryLocation, []);
  return (
    <TextContext.Provider value={text}>
      <HeadingLevelContext.Provider value={2}>
        <ClientContext.Provider value={client}>
          <div className={base.root} part="root">
            <ToastProvider>
              <LocationContext.Provider value={location}>
                <Views features={features} handlers={handlers} />
              </LocationContext.Provider>
            </ToastProvider>
          </div>
        </ClientContext.Provider>
      </HeadingLevelContext.Provider>
    </TextContext.Provider>
  );
}

const NO_VARIABLES = {};

function Views({ features, handlers }: { features: string; handlers: { current: Pick<Props, 'snippet' | 'onEvent'> } }) {
  const { element: text } = useText();
  const permissions = useData(PortalPermissionsDocument, NO_VARIABLES);
  const server = useData(ProductDocument, NO_VARIABLES).data?.server;
  const id = keyIdIn(usePath());
  const root = useRef<HTMLDivElement>(null);
  useFocusAfterNavigation(root);
  // A server without this field knows no portal permissions that the element could show: it checks each of them still.
  const isKnown = permissions.data !== undefined || permissions.problem?.code === 'UPGRADE';
  const granted = permissions.data?.myPortalPermissions ?? null;
  const onEvent = useCallback<KeysScope['onEvent']>((name, detail) => handlers.current.onEvent(name, detail), [handlers]);
  const snippet = useCallback((keyPrefix: string) => handlers.current.snippet(keyPrefix), [handlers]);
  const scope = useMemo(
    () => ({
      ...scopeOf(features.split(','), granted),
      productName: server?.productName ?? text.product,
      example: server?.example ?? null,
      snippet,
      onEvent,
    }),
    [features, granted, server, text, snippet, onEvent],
  );
  const isReady = useRef(false);
  useEffect(() => {
    if (!isKnown || isReady.current) return;
    isReady.current = true;
    handlers.current.onEvent('ready', {});
  }, [isKnown, handlers]);
  if (!isKnown) return permissions.problem ? <LoadProblem loaded={permissions} /> : <Skeleton lines={4} height="4.25rem" />;
  if (!scope.mayRead && !scope.mayCreate) return <Notice>{text.notPermitted}</Notice>;
  return (
    <div ref={root}>
      <KeysScopeContext.Provider value={scope}>
        {id === undefined ? <KeysPage /> : <KeyPage key={id} id={id} />}
        <slot name="help" />
      </KeysScopeContext.Provider>
    </div>
  );
}

function useFocusAfterNavigation(content: { current: HTMLElement | null }): void {
  const path = usePath();
  const before = useRef(path);
  useEffect(() => {
    if (before.current === path) return;
    before.current = path;
    const root = content.current?.getRootNode();
    if (root instanceof ShadowRoot) focusHeading(root);
  }, [path, content]);
}
