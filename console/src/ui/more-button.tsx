import type { Pages } from '../api/use-pages';
import { useText } from '../text';
import { Button } from './button';

/** Reads the next page of a list, if there is one. */
export function MoreButton({ pages: { hasMore, isLoading, showMore } }: { pages: Pages<unknown> }) {
  const { common } = useText();
  if (!hasMore) return null;
  return (
    <div>
      <Button isBusy={isLoading} onClick={showMore}>
        {common.showMore}
      </Button>
    </div>
  );
}
