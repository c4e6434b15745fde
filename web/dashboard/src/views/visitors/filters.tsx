// Which visitors are shown.

import { Search } from 'lucide-react';
import { regionName } from '../../format';
import { useText } from '../../hooks';
import { type Filter, NO_FILTER } from './list';
import { useWords } from './words';

export function Filters({ filter, onFilter, countries, filtered }: { filter: Filter; onFilter(filter: Filter): void; countries: readonly string[]; filtered: boolean }) {
  const t = useWords();
  const { locale } = useText();
  // Who was chosen may be gone meanwhile: the choice stands all the same.
  const known = filter.country === '' || countries.includes(filter.country) ? countries : [filter.country, ...countries];
  return (
    <div className="visitors-filters" role="group" aria-label={t('filter.label')}>
      <label className="visitors-field visitors-field-page">
        <span>{t('filter.page')}</span>
        <span className="visitors-search">
          <Search size={16} strokeWidth={1.75} aria-hidden="true" />
          <input type="text" value={filter.page} maxLength={200} spellCheck={false} onChange={(event) => onFilter({ ...filter, page: event.target.value })} />
        </span>
      </label>
      <label className="visitors-field">
        <span>{t('filter.country')}</span>
        <select value={filter.country} onChange={(event) => onFilter({ ...filter, country: event.target.value })}>
          <option value="">{t('filter.country_any')}</option>
          {known.map((country) => (
            <option key={country} value={country}>
              {regionName(locale, country)}
            </option>
          ))}
        </select>
      </label>
      <label className="visitors-field visitors-field-cart">
        <span>{t('filter.cart')}</span>
        <input
          type="number"
          inputMode="decimal"
          min={0}
          step="any"
          value={filter.cart === null ? '' : filter.cart / 100}
          onChange={(event) => onFilter({ ...filter, cart: event.target.value === '' || !Number.isFinite(event.target.valueAsNumber) ? null : Math.round(event.target.valueAsNumber * 100) })}
        />
      </label>
      {filtered && (
        <button type="button" className="link" onClick={() => onFilter(NO_FILTER)}>
          {t('filter.clear')}
        </button>
      )}
    </div>
  );
}
