import { Page } from '@/ui/Page';
import '../strings';

export function LivePage() {
  return <Page title="LivePage">{null}</Page>;
}
