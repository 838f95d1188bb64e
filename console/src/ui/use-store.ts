import { useEffect, useState } from 'preact/hooks';

/**
 * Returns a value that changes outside of components, and renders again when it has changed.
 *
 * @param subscribe calls the listener after each change until the returned function is called. Another function subscribes again
 */
export function useStore<Value>(subscribe: (listener: () => void) => () => void, current: () => Value): Value {
  const [, render] = useState(current);
  useEffect(() => {
    const update = () => render(current);
    // The value may have changed since it was rendered.
    update();
    return subscribe(update);
  }, [subscribe, current]);
  return current();
}
