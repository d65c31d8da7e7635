import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { TextLink } from '@/ui/Button';
import { Body, Page } from '@/ui/Page';
import '../strings';
import { Editor } from '../parts/Editor';

/** Writes a personality of the company's own. */
export function NewPersonalityPage() {
  const { t } = useTranslation('personalities');
  const navigate = useNavigate();
  return (
    <Page title={t('title.new')}>
      <Body narrow>
        <p className="px-4 text-sm md:px-0">
          <TextLink to="/personalities">{t('back')}</TextLink>
        </p>
        <Editor
          before={null}
          onSaved={({ id }) => void navigate({ to: '/personalities/$id', params: { id } })}
          onReload={() => undefined}
        />
      </Body>
    </Page>
  );
}
