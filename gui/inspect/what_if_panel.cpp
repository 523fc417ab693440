#include "gui/inspect/what_if_panel.h"

#include <QBoxLayout>
#include <QCheckBox>
#include <QFrame>
#include <QLabel>
#include <QPointer>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <algorithm>

#include "gui/charts/expert_counts.h"
#include "gui/inspect/walk_bar.h"
#include "gui/inspect/what_if_controls.h"
#include "gui/inspect/what_if_results.h"
#include "gui/inspect/what_if_source.h"

namespace limoe::gui {
namespace {

constexpr int kWideEnough = 540;  ///< for results beside the controls

QLabel* makeLabel(const char* name, QWidget* parent) {
  auto* label = new QLabel(parent);
  label->setObjectName(name);
  label->setWordWrap(true);
  label->setTextInteractionFlags(Qt::TextSelectableByMouse);
  return label;
}

}  // namespace

struct WhatIfPanel::State {
  State(WhatIfPanel& the_panel, ViewState& view_state) : panel(the_panel), state(view_state) {}

  WhatIfPanel& panel;
  ViewState& state;
  QPointer<WhatIfSource> source;
  QBoxLayout* halves = nullptr;
  QScrollArea* upper_area = nullptr;  ///< in a low dock its text scrolls, the results do not
  QLabel *title = nullptr, *obstacle = nullptr, *banner_text = nullptr, *note = nullptr;
  QFrame* banner = nullptr;
  WhatIfControls* controls = nullptr;
  QCheckBox* apply = nullptr;
  QPushButton* reset = nullptr;
  WalkBar* wait = nullptr;
  WhatIfResults* results = nullptr;

  void build();
  void arrange();
  QWidget* makeUpper();
  void makeBanner(QBoxLayout& layout);
  void makeButtons(QBoxLayout& layout);
  void hand();  ///< settings to the source
  void refresh();
  void refreshBanner(const std::optional<RoutingRule>& recorded);
  void refreshResults(const RunData& run, int64_t layer);
  void followWaits(bool has_numbers, std::vector<WalkBar::Wait> waits);
  QString noteOf(const RunData& run) const;
  QString obstacleOf(const RunData* run) const;
  QString failureOf(int64_t layer) const;
};

void WhatIfPanel::State::build() {
  halves = new QBoxLayout(QBoxLayout::TopToBottom, &panel);
  halves->setContentsMargins(6, 4, 6, 4);
  halves->setSpacing(8);
  upper_area = new QScrollArea(&panel);
  upper_area->setFrameShape(QFrame::NoFrame);
  upper_area->setWidgetResizable(true);
  upper_area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  upper_area->setFocusPolicy(Qt::NoFocus);  // its parts take the keys
  upper_area->setWidget(makeUpper());
  halves->addWidget(upper_area, 1);
  results = new WhatIfResults(&panel);
  halves->addWidget(results, 1);
}

void WhatIfPanel::State::arrange() {
  halves->setDirection(panel.width() >= kWideEnough ? QBoxLayout::LeftToRight
                                                    : QBoxLayout::TopToBottom);
  upper_area->setMinimumWidth(upper_area->widget()->minimumSizeHint().width() +
                              upper_area->verticalScrollBar()->sizeHint().width());
}

QWidget* WhatIfPanel::State::makeUpper() {
  auto* upper = new QWidget(&panel);
  auto* layout = new QVBoxLayout(upper);
  layout->setContentsMargins(0, 0, 6, 0);
  layout->setSpacing(5);
  title = makeLabel("title", upper);
  QFont bold = title->font();
  bold.setBold(true);
  title->setFont(bold);
  layout->addWidget(title);
  makeBanner(*layout);
  obstacle = makeLabel("obstacle", upper);
  layout->addWidget(obstacle);
  controls = new WhatIfControls(upper);
  layout->addWidget(controls);
  makeButtons(*layout);
  wait = new WalkBar(upper);
  layout->addWidget(wait);
  note = makeLabel("note", upper);
  note->setForegroundRole(QPalette::PlaceholderText);
  layout->addWidget(note);
  layout->addStretch();
  return upper;
}

void WhatIfPanel::State::makeBanner(QBoxLayout& layout) {
  banner = new QFrame(&panel);
  banner->setObjectName(QStringLiteral("banner"));
  banner->setAutoFillBackground(true);
  QPalette colors = banner->palette();
  colors.setColor(QPalette::Window, QColor(255, 214, 130));
  colors.setColor(QPalette::WindowText, QColor(60, 35, 0));
  banner->setPalette(colors);
  auto* row = new QHBoxLayout(banner);
  row->setContentsMargins(8, 4, 6, 4);
  banner_text = makeLabel("bannerText", banner);
  banner_text->setPalette(colors);
  auto* back = new QPushButton(tr("Show the recording"), banner);
  back->setObjectName(QStringLiteral("showRecording"));
  back->setToolTip(tr("All views show what was recorded again; the settings here stay"));
  row->addWidget(banner_text, 1);
  row->addWidget(back);
  layout.addWidget(banner);
  QObject::connect(back, &QPushButton::clicked, &panel, [this] { panel.setApplied(false); });
}

void WhatIfPanel::State::makeButtons(QBoxLayout& layout) {
  apply = new QCheckBox(tr("Show in &all views"), &panel);
  apply->setObjectName(QStringLiteral("applySwitch"));
  apply->setToolTip(
      tr("Images, experts, charts and galleries show the what-if instead of the recording"));
  reset = new QPushButton(tr("All as recorded"), &panel);
  reset->setObjectName(QStringLiteral("allRecorded"));
  reset->setToolTip(tr("Back to the recorded capacity factor, K and priority"));
  auto* row = new QHBoxLayout;
  row->addWidget(apply);
  row->addStretch();
  row->addWidget(reset);
  layout.addLayout(row);
  QObject::connect(reset, &QPushButton::clicked, &panel, [this] { controls->setSettings({}); });
}

void WhatIfPanel::State::hand() {
  if (source) {
    source->setSettings(apply->isChecked() ? controls->settings() : WhatIfSettings());
  }
}

QString WhatIfPanel::State::obstacleOf(const RunData* run) const {
  if (!run) {
    return {};  // the title says it
  }
  QString known = whatIfObstacle(*run);
  if (!known.isEmpty()) {
    return known;
  }
  if (state.snapshot() < 0 || state.snapshot() >= std::ssize(run->snapshot_steps)) {
    return tr("The first snapshot of the probe has not been recorded yet.");
  }
  return {};
}

QString WhatIfPanel::State::failureOf(int64_t layer) const {
  return source->outcomes()
      .standing(WhatIfOutcomes::question(state.snapshot(), layer, controls->settings()))
      .failure;
}

QString WhatIfPanel::State::noteOf(const RunData& run) const {
  const ProbeGroups groups(run);
  QString text =
      tr("Counted over %1 probe samples in routing groups of %2 pairs, from the recorded "
         "probabilities. Each layer is routed by itself: what a layer before would have changed "
         "in it, only the model could tell.")
          .arg(groups.wholeSamples())
          .arg(groups.range(0).count);
  if (groups.wholeSamples() < run.layout.samples) {
    text += tr(" Samples from %1 on are left out, here and in all views: their group was routed "
               "with samples that are not recorded, so who else asked for a place is not known.")
                .arg(groups.wholeSamples());
  }
  if (!state.filter().isEmpty()) {
    text.prepend(
        tr("All tokens are counted here, also those that the filter leaves out: they ask "
           "for the same places. "));
  }
  return text;
}

void WhatIfPanel::State::refreshBanner(const std::optional<RoutingRule>& recorded) {
  const bool on = apply->isChecked() && recorded;
  banner->setVisible(on);
  if (!on) {
    return;
  }
  const QString asked = inWords(controls->settings());
  banner_text->setText(
      asked.isEmpty() ? tr("All views follow the settings here; they are the recorded ones now.")
                      : tr("All views show a what-if, not the recording: %1.").arg(asked));
}

void WhatIfPanel::State::refresh() {
  if (!panel.isVisible()) {
    return;
  }
  RunSource* recording = source ? source->recording() : nullptr;
  const auto run = recording ? recording->data() : nullptr;
  const int64_t layer = run ? shownLayer(*run, state.layer()) : -1;
  QString why = obstacleOf(run.get());
  std::optional<RoutingRule> recorded;
  if (run && why.isEmpty()) {
    const auto at = static_cast<std::size_t>(state.snapshot());
    recorded = recordedRule(*run, run->snapshot_steps[at]);
    const QString failure = failureOf(layer);
    why = failure.isEmpty() ? failure : tr("It cannot be computed: %1.").arg(failure);
  }
  const bool possible = run && why.isEmpty();
  title->setText(
      !run ? noDataTitle(recording)
           : tr("%1 · %2 · %3")
                 .arg(run->name, layerTitle(*run, layer), stepTitle(*run, state.snapshot())));
  obstacle->setText(why);
  obstacle->setVisible(!why.isEmpty());
  controls->setRecorded(recorded, run ? run->layout.experts : 0);
  controls->setVisible(run != nullptr);
  apply->setEnabled(recorded.has_value());
  reset->setEnabled(recorded.has_value() && !controls->settings().isEmpty());
  for (QWidget* widget : std::initializer_list<QWidget*>{apply, reset}) {
    widget->setVisible(run != nullptr);
  }
  refreshBanner(recorded);
  note->setVisible(possible);
  results->setVisible(possible);
  if (possible) {
    note->setText(noteOf(*run));
    refreshResults(*run, layer);
  } else {
    results->clear();
    wait->rest();
  }
}

void WhatIfPanel::State::refreshResults(const RunData& run, int64_t layer) {
  std::vector<std::shared_ptr<const LayerOutcome>> layers;
  std::vector<WalkBar::Wait> waits;
  const auto ask = [&](int64_t asked) {
    return source->outcomes().layer(state.snapshot(), asked, controls->settings());
  };
  ask(layer);  // the one looked at is answered first
  const bool all = results->wantsAllLayers();
  for (int64_t l = all ? 0 : layer; l < (all ? run.layout.layers : layer + 1); ++l) {
    if (auto outcome = ask(l)) {
      layers.push_back(std::move(outcome));
    }
    if (failureOf(l).isEmpty()) {
      waits.push_back({&source->outcomes(),
                       WhatIfOutcomes::question(state.snapshot(), l, controls->settings())});
    }
  }
  if (!layers.empty()) {  // what is shown stays until there is something else
    results->show(run, layers, layer, state.expertNames());
  }
  followWaits(!layers.empty(), std::move(waits));
  // Numbers of other settings, that are not being replaced.
  results->setEnabled(!layers.empty() || wait->standing().kind != Standing::Kind::Stopped);
}

/// What the numbers here come from; then what other views ask for while they show the what-if.
void WhatIfPanel::State::followWaits(bool has_numbers, std::vector<WalkBar::Wait> waits) {
  WhatIfOutcomes& outcomes = source->outcomes();
  if (apply->isChecked() && WalkBar::isOver(WalkBar::standingOf(waits))) {
    // A stop is for all questions, so any will do where none is being answered.
    const Question any = WhatIfOutcomes::question(-1, 0, controls->settings());
    return wait->follow(
        tr("Computing other steps for other views, %1 to follow").arg(outcomes.waiting()),
        {{&outcomes, outcomes.current().value_or(any)}});
  }
  wait->follow(has_numbers          ? tr("Computing the other layers")
               : results->isEmpty() ? tr("Computing")
                                    : tr("Computing (the numbers are the ones before)"),
               std::move(waits));
}

WhatIfPanel::WhatIfPanel(ViewState& state, QWidget* parent)
    : QWidget(parent), panel_(std::make_unique<State>(*this, state)) {
  panel_->build();
  State* const p = panel_.get();
  connect(&state, &ViewState::changed, this, [p] { p->refresh(); });
  connect(p->controls, &WhatIfControls::changed, this, [this, p] {
    p->hand();
    p->refresh();
    Q_EMIT settingsChanged();
  });
  connect(p->apply, &QCheckBox::toggled, this, [this, p](bool applied) {
    p->hand();
    p->refresh();
    Q_EMIT appliedChanged(applied);
  });
  connect(p->results, &WhatIfResults::scopeChanged, this, [p] { p->refresh(); });
  connect(p->results, &WhatIfResults::tokenChosen, this,
          [p](const TokenRef& token) { p->state.setSelectedToken(token); });
  p->refresh();
}

WhatIfPanel::~WhatIfPanel() = default;

void WhatIfPanel::setSource(WhatIfSource* source) {
  State& p = *panel_;
  if (p.source) {
    p.source->disconnect(this);
    p.source->outcomes().disconnect(this);
    p.source->setSettings({});
  }
  p.source = nullptr;
  p.apply->setChecked(false);
  p.controls->setSettings({});
  p.results->clear();
  p.source = source;
  if (source) {
    connect(source, &RunSource::dataChanged, this, [&p] { p.refresh(); });
    connect(&source->outcomes(), &WhatIfOutcomes::ready, this, [&p] { p.refresh(); });
    connect(&source->outcomes(), &WhatIfOutcomes::progressed, this, [&p] { p.refresh(); });
    connect(&source->outcomes(), &WhatIfOutcomes::failed, this, [&p] { p.refresh(); });
  }
  p.refresh();
}

const WhatIfSettings& WhatIfPanel::settings() const {
  return panel_->controls->settings();
}

void WhatIfPanel::setSettings(const WhatIfSettings& settings) {
  panel_->controls->setSettings(settings);
}

bool WhatIfPanel::isApplied() const {
  return panel_->apply->isChecked();
}

void WhatIfPanel::setApplied(bool applied) {
  panel_->apply->setChecked(applied);
}

void WhatIfPanel::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  panel_->refresh();
}

void WhatIfPanel::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  panel_->arrange();
}

}  // namespace limoe::gui
