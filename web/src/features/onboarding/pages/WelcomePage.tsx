import { Page } from '@/ui/Page';
import '../strings';

export function WelcomePage() {
  return <Page title="WelcomePage">{null}</Page>;
}
