import { type ComponentChildren, createContext, type Ref } from 'preact';
import { useContext } from 'preact/hooks';
import style from './heading.module.css';

/** Level of the heading of a page: 1 in the console, 2 within the page of a product. */
export const HeadingLevelContext = createContext<1 | 2>(1);

interface Props {
  id?: string;
  innerRef?: Ref<HTMLHeadingElement>;
  children: ComponentChildren;
}

export function PageHeading({ innerRef, ...rest }: Props) {
  const Tag = useContext(HeadingLevelContext) === 1 ? 'h1' : 'h2';
  return <Tag {...rest} ref={innerRef} tabIndex={-1} data-page-heading className={style.page} />;
}

export function SectionHeading(props: Props) {
  const Tag = useContext(HeadingLevelContext) === 1 ? 'h2' : 'h3';
  return <Tag {...props} className={style.section} />;
}

export function SmallHeading(props: Props) {
  const Tag = useContext(HeadingLevelContext) === 1 ? 'h3' : 'h4';
  return <Tag {...props} className={style.small} />;
}
