#include "gui/compare/compare_words.h"

#include <QObject>
#include <QStringList>
#include <cmath>

#include "gui/charts/expert_counts.h"
#include "gui/compare/config_words.h"
#include "gui/view/number_text.h"

namespace limoe::gui {
namespace {

QString tr(const char* text) {
  return QString::fromUtf8(text);
}

QString part(double value) {
  return std::isfinite(value) ? percentText(value, 0) : tr("n/a");
}

QString stateWords(const RunData& run) {
  switch (run.state) {
    case probe::RunState::Live:
      return tr(" · training");
    case probe::RunState::Died:
      return tr(" · ended early");
    case probe::RunState::Finished:
      break;
  }
  return {};
}

QString withoutPartner(const std::vector<int64_t>& experts) {
  QStringList names;
  for (const int64_t expert : experts) {
    names << tr("e%1").arg(expert);
  }
  return names.join(tr(", "));
}

}  // namespace

QString titleWords(const CompareRuns& runs, std::size_t column) {
  const CompareColumn& one = runs.column(column);
  const auto run = one.data();
  return one.name() + (run ? stateWords(*run) : QString()) +
         (column == 0 ? tr(" · reference") : QString());
}

QString placeWords(const CompareRuns& runs, std::size_t column) {
  const CompareColumn& one = runs.column(column);
  const auto run = one.data();
  if (!run) {
    return {};
  }
  const CompareColumn& reference = runs.column(0);
  QStringList words;
  if (one.step() >= 0) {
    const bool other = one.step() != reference.step();
    words << tr("step %1").arg(one.step()) +
                 (other ? tr(" (%1: %2)").arg(reference.name()).arg(reference.step()) : QString());
  } else {
    words << tr("no step yet");
  }
  if (one.layers() == 0) {
    words << tr("dense, no experts");
  } else {
    const bool other = reference.layers() > 0 && one.layer() != reference.layer();
    words << layerTitle(*run, one.layer()) +
                 (other ? tr(" (%1: MoE layer %2)").arg(reference.name()).arg(reference.layer() + 1)
                        : QString());
  }
  return words.join(tr(" · "));
}

QString matchWords(const CompareRuns& runs, std::size_t column) {
  const CompareColumn& one = runs.column(column);
  if (!one.problem.isEmpty()) {
    return (column > 0 ? tr("not matched: ") : QString()) + one.problem;
  }
  if (column == 0) {
    const auto& all = runs.agreement();
    return all && runs.count() > 2 && all->tokens > 0
               ? tr("all runs agree on %1 of patches").arg(part(all->share()))
               : tr("matched experts have its colours");
  }
  if (!one.match) {
    return tr("matching …");
  }
  const ExpertMatch& match = one.match->experts;
  return tr("%1 in matched pairs (chance %2), %3 beyond chance")
      .arg(part(match.quality), part(match.by_chance), part(match.beyond_chance));
}

QString matchRule(const CompareRuns& runs, std::size_t column) {
  const CompareColumn& one = runs.column(column);
  const QString reference = runs.column(0).name();
  if (column == 0) {
    const auto& all = runs.agreement();
    QString rule = tr("The reference: the other runs’ experts have the colours of those experts of "
                      "%1 that they are matched with.")
                       .arg(reference);
    if (all && all->tokens > 0) {
      rule += tr("\nOf %1 patches that every run keeps, %2 go to matched experts in all of them.")
                  .arg(countText(all->tokens), countText(all->agree));
    }
    return rule;
  }
  if (!one.match) {
    return one.problem.isEmpty() ? tr("The layers are being read.") : one.problem;
  }
  const ExpertMatch& match = one.match->experts;
  const auto of = static_cast<int64_t>(one.matched ? one.matched->all_samples : 0);
  const QString samples = one.match->samples < of
                              ? tr("the first %1 of %2 images in common")
                                    .arg(countText(static_cast<uint64_t>(one.match->samples)),
                                         countText(static_cast<uint64_t>(of)))
                              : tr("%1 images in common").arg(of);
  QStringList rule;
  rule
      << tr("Experts of %1 and %2 are matched one to one so that as many tokens as possible lie in "
            "pairs (optimal assignment).")
             .arg(one.name(), reference);
  rule
      << tr("Counted: %1 first choices that both runs kept, of %2; patches at the same place, word "
            "pieces of captions that both cut alike.")
             .arg(countText(match.tokens), samples);
  if (!one.comparable.patches) {
    rule << tr("The images are cut into other patches: only words are counted.");
  }
  rule << tr("In pairs: %1 of them; of patches %2, of words %3.")
              .arg(percentText(match.quality, 1), part(one.match->by_modality[0].share()),
                   part(one.match->by_modality[1].share()));
  rule << tr("Chance: Σ n(a)·n(b)/N² over the pairs, what independent routing with these loads "
             "gives on average: %1.")
              .arg(percentText(match.by_chance, 1));
  rule << tr(
      "Beyond chance: (in pairs − chance) / (1 − chance); 100 % for a run with its experts "
      "renumbered, about 0 % for unrelated runs.");
  if (!match.unmatched_b.empty()) {
    rule << tr("Without a partner in %1: %2 (other colours).")
                .arg(reference, withoutPartner(match.unmatched_b));
  }
  if (!match.unmatched_a.empty()) {
    rule << tr("Experts of %1 without a partner here: %2.")
                .arg(reference, withoutPartner(match.unmatched_a));
  }
  return rule.join('\n');
}

QString disagreementWords(const CompareRuns& runs, std::size_t column) {
  const CompareColumn& one = runs.column(column);
  if (column == 0 || !one.match) {
    return {};
  }
  QStringList parts;
  const auto& [patches, words] = one.match->by_modality;
  if (patches.tokens > 0) {
    parts << tr("%1 of patches").arg(part(1 - patches.share()));
  }
  if (words.tokens > 0) {
    parts << tr("%1 of words").arg(part(1 - words.share()));
  }
  return parts.isEmpty()
             ? QString()
             : tr("another expert than in %1: %2").arg(runs.column(0).name(), parts.join(tr(", ")));
}

QString numberWords(const LayerNumbers& numbers) {
  const auto nats = [](double value) {
    return std::isfinite(value) ? QString::number(value, 'f', 2) : tr("n/a");
  };
  return tr("kept: image %1, text %2 · entropy %3, %4 nats · text %5 of tokens")
      .arg(part(numbers.success[0]), part(numbers.success[1]), nats(numbers.token_entropy[0]),
           nats(numbers.token_entropy[1]), part(numbers.text_share));
}

QString numberRule(const CompareRuns& runs, std::size_t column) {
  const CompareColumn& one = runs.column(column);
  const auto run = one.run ? one.run->data() : nullptr;
  const QString read = one.table && one.table->samples < one.table->all_samples
                           ? tr("the first %1 of %2 images in common")
                                 .arg(countText(static_cast<uint64_t>(one.table->samples)),
                                      countText(static_cast<uint64_t>(one.table->all_samples)))
                           : tr("the images in common");
  return tr("Kept: choices that had room in this layer, of all choices, over the %1 images of the "
            "run’s probe (success rate).\nEntropy: mean over image tokens, and over text tokens, "
            "of "
            "the entropy of a token’s distribution over the experts, nats, over %2; n/a where "
            "distributions are not recorded.\nText: share of text among the layer’s kept tokens, "
            "over the run’s probe (modality share).")
      .arg(countText(static_cast<uint64_t>(run ? run->layout.samples : 0)), read);
}

QString settingWords(const CompareRuns& runs, std::size_t column) {
  const CompareColumn& one = runs.column(column);
  const auto run = one.data();
  const auto reference = runs.column(0).data();
  if (!run || !reference) {
    return {};
  }
  if (column == 0) {
    return tr("setting %1").arg(QString::fromStdString(run->config.setting));
  }
  const QString words = differenceInWords(reference->origin.config_json, run->origin.config_json,
                                          runs.column(0).name());
  return words.isEmpty() ? tr("the same configuration") : words;
}

}  // namespace limoe::gui
