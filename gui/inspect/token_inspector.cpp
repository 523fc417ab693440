#include "gui/inspect/token_inspector.h"

#include <QEvent>
#include <QLabel>
#include <QScrollArea>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "gui/canvas/token_readout.h"
#include "gui/charts/expert_counts.h"
#include "gui/inspect/token_bars.h"
#include "gui/inspect/token_picture.h"
#include "gui/inspect/token_similar_view.h"
#include "gui/inspect/token_strips.h"
#include "gui/inspect/walk_bar.h"
#include "gui/view/expert_title.h"

namespace limoe::gui {
namespace {

constexpr int kMargin = 8;
constexpr int kSectionSpace = 10;
/// While fewer snapshots than these are still to be read, as with a live run, what is known stays.
constexpr int64_t kFewMissing = 8;
constexpr int64_t kChangesNamed = 4;

/// A label that takes the width it gets and breaks its text.
QLabel* newLabel(const char* name, QWidget* parent) {
  auto* label = new QLabel(parent);
  label->setObjectName(QLatin1String(name));
  label->setWordWrap(true);
  label->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Minimum);
  label->setTextInteractionFlags(Qt::TextSelectableByMouse);
  return label;
}

bool isInside(const probe::Layout& layout, const TokenRef& token) {
  const int64_t units = token.modality == probe::kImage ? layout.patches() : layout.text_length;
  return token.sample >= 0 && token.sample < layout.samples && token.position >= 0 &&
         token.position < units;
}

QString whyNotRouted(const RunData& run, int64_t layer) {
  const QString tower = towerName(run, layer);
  if (!tower.isEmpty()) {
    return TokenInspector::tr(
               "It is not routed in this layer, which is the %1’s. Its path shows the layers where "
               "it is.")
        .arg(tower);
  }
  return run.what_if.isEmpty()
             ? TokenInspector::tr("It is not routed in this layer.")
             : TokenInspector::tr(
                   "It is not routed in this what-if: its routing group has samples that are not "
                   "recorded, so who else asked for a place is not known.");
}

}  // namespace

/// What the sample of the selected token says about it.
struct TokenInspector::Subject {
  TokenRef token;
  bool is_there = false;  ///< its sample has come
  QImage image;
  TokenReadout readout;
  std::vector<std::string> pieces;  ///< [T]
};

struct TokenInspector::Parts {
  QLabel *message_title, *message;
  QWidget* content;
  QLabel *title, *facts;
  TokenPicture* picture;
  QLabel* caption;
  QWidget* routing;  ///< everything that a dense model lacks
  QLabel* bars_title;
  TokenBars* bars;
  QLabel* bars_note;
  QLabel* path_title;
  TokenPathStrip* path;
  QLabel* time_title;
  TokenTimeStrip* time;
  QLabel *time_words, *time_changes;
  WalkBar* time_bar;
  QLabel* failure;
  QLabel* similar_title;
  TokenSimilarView* similar;

  Parts(ViewState& state, QWidget* parent)
      : message_title(newLabel("messageTitle", parent)),
        message(newLabel("message", parent)),
        content(new QWidget(parent)),
        title(newLabel("tokenTitle", content)),
        facts(newLabel("tokenFacts", content)),
        picture(new TokenPicture(content)),
        caption(newLabel("tokenCaption", content)),
        routing(new QWidget(content)),
        bars_title(newLabel("barsTitle", routing)),
        bars(new TokenBars(state, routing)),
        bars_note(newLabel("barsNote", routing)),
        path_title(newLabel("pathTitle", routing)),
        path(new TokenPathStrip(state, routing)),
        time_title(newLabel("timeTitle", routing)),
        time(new TokenTimeStrip(state, routing)),
        time_words(newLabel("timeWords", routing)),
        time_changes(newLabel("timeChanges", routing)),
        time_bar(new WalkBar(routing, WalkBar::Look::Bare)),
        failure(newLabel("readingFailure", routing)),
        similar_title(newLabel("similarTitle", routing)),
        similar(new TokenSimilarView(state, routing)) {
    auto* routing_layout = new QVBoxLayout(routing);
    routing_layout->setContentsMargins(0, 0, 0, 0);
    routing_layout->setSpacing(4);
    const auto section = [routing_layout](std::initializer_list<QWidget*> widgets) {
      routing_layout->addSpacing(kSectionSpace);
      for (QWidget* widget : widgets) {
        routing_layout->addWidget(widget);
      }
    };
    section({bars_title, bars, bars_note});
    section({path_title, path});
    section({time_title, time, time_words, time_changes, time_bar, failure});
    section({similar_title, similar});
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    for (QWidget* widget : std::initializer_list<QWidget*>{title, facts, picture, caption}) {
      layout->addWidget(widget);
    }
    layout->addWidget(routing);
    for (QLabel* bold : {message_title, title}) {
      QFont font = bold->font();
      font.setBold(true);
      bold->setFont(font);
    }
    for (QLabel* muted : {message, facts, bars_note}) {
      muted->setForegroundRole(QPalette::PlaceholderText);
    }
    caption->setAccessibleName(TokenInspector::tr("Caption"));
    caption->setToolTip(TokenInspector::tr("Click a word piece to select it"));
    caption->setTextFormat(Qt::RichText);
    caption->setTextInteractionFlags(Qt::LinksAccessibleByMouse);
    time_words->setToolTip(historyDefinition());
    time_changes->setToolTip(TokenInspector::tr("The last flips"));
    time_bar->setObjectName(QStringLiteral("timeWait"));
    similar_title->setText(TokenInspector::tr("<b>Most alike in routing</b>"));
  }

  /// "<b>Experts</b> · where and when"
  void head(QLabel* label, const QString& name, const QStringList& place) const {
    label->setText(QStringLiteral("<b>%1</b> <span style=\"color:%2\">· %3</span>")
                       .arg(name, content->palette().color(QPalette::PlaceholderText).name(),
                            place.join(QStringLiteral(" · ")).toHtmlEscaped()));
  }
};

TokenInspector::TokenInspector(ViewState& state, QWidget* parent)
    : QWidget(parent), state_(state), subject_(std::make_unique<Subject>()) {
  auto* area = new QScrollArea(this);
  area->setFrameShape(QFrame::NoFrame);
  area->setWidgetResizable(true);
  area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  // Always: a bar that comes and goes would lay everything out anew.
  area->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn);
  area->setFocusPolicy(Qt::NoFocus);
  auto* inside = new QWidget(area);
  parts_ = std::make_unique<Parts>(state, inside);
  auto* column = new QVBoxLayout(inside);
  column->setContentsMargins(kMargin, kMargin, kMargin, kMargin);
  for (QWidget* widget :
       std::initializer_list<QWidget*>{parts_->message_title, parts_->message, parts_->content}) {
    column->addWidget(widget);
  }
  column->addStretch();
  area->setWidget(inside);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(area);
  connect(&state, &ViewState::changed, this, &TokenInspector::refresh);
  connect(&reading_, &TokenReading::changed, this, &TokenInspector::refresh);
  connect(parts_->time_bar, &WalkBar::stopAsked, &reading_, &TokenReading::stop);
  connect(parts_->time_bar, &WalkBar::goOnAsked, &reading_, &TokenReading::goOn);
  connect(parts_->picture, &TokenPicture::patchChosen, this, [this](int64_t patch) {
    state_.setSelectedToken(TokenRef{subject_->token.sample, probe::kImage, patch});
  });
  connect(parts_->picture, &TokenPicture::pieceStepped, this, &TokenInspector::stepPiece);
  connect(parts_->caption, &QLabel::linkActivated, this, [this](const QString& position) {
    state_.setSelectedToken(TokenRef{subject_->token.sample, probe::kText, position.toLongLong()});
  });
  refresh();
}

TokenInspector::~TokenInspector() = default;

QSize TokenInspector::sizeHint() const {
  return {22 * fontMetrics().height(), 36 * fontMetrics().height()};
}

void TokenInspector::changeEvent(QEvent* event) {
  if (event->type() == QEvent::PaletteChange) {
    refresh();  // colours are written into texts
  }
  QWidget::changeEvent(event);
}

void TokenInspector::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  refresh();
}

void TokenInspector::setSource(RunSource* source) {
  if (source_) {
    source_->disconnect(this);
  }
  source_ = source;
  *subject_ = {};
  reading_.setSource(source);
  parts_->similar->setSource(source);
  if (source) {
    connect(source, &RunSource::dataChanged, this, &TokenInspector::refresh);
    connect(source, &RunSource::pageReady, this, [this] {
      if (!subject_->is_there) {
        refresh();
      }
    });
  }
  refresh();
}

void TokenInspector::showMessage(const QString& title, const QString& text) {
  parts_->message_title->setText(title);
  parts_->message->setText(text);
  parts_->message_title->setVisible(!title.isEmpty());
  parts_->message->setVisible(!title.isEmpty());
  parts_->content->setVisible(title.isEmpty());
}

void TokenInspector::refresh() {
  if (!isVisible()) {
    return;
  }
  const auto run = source_ ? source_->data() : nullptr;
  const std::optional<TokenRef> token = state_.selectedToken();
  if (!run || !token || !isInside(run->layout, *token)) {
    reading_.follow(std::nullopt, -1, 0);
    *subject_ = {};
    if (run) {
      showMessage(tr("Nothing is selected"),
                  tr("Click a patch or a word of a caption on the image wall: here you read which "
                     "experts it goes to, in every layer and at every recorded step, and which "
                     "others are routed like it."));
    } else {
      showMessage(noDataTitle(source_), {});
    }
    parts_->similar->refresh();
    return;
  }
  const int64_t layer = shownLayer(*run, state_.layer());
  reading_.follow(token, state_.snapshot(), layer);
  if (!(subject_->token == *token)) {
    *subject_ = {};
    subject_->token = *token;
  }
  showMessage({}, {});
  takePage(*run);
  showSubject(*run);
  showCaption(*run);
  showDistribution(*run);
  const bool has_routing = layer >= 0 && !run->snapshot_steps.empty();
  for (QWidget* widget :
       std::initializer_list<QWidget*>{parts_->path_title, parts_->path, parts_->time_title,
                                       parts_->time, parts_->time_words, parts_->similar_title}) {
    widget->setVisible(has_routing);
  }
  parts_->failure->setVisible(!reading_.failure().isEmpty());
  parts_->failure->setText(tr("Not all could be read: %1").arg(reading_.failure()));
  if (has_routing) {
    showPath(run);
    showTime(*run);
  } else {
    parts_->time_changes->hide();
    parts_->time_bar->rest();
  }
  parts_->similar->refresh();
}

void TokenInspector::takePage(const RunData& run) {
  if (subject_->is_there) {
    return;
  }
  const TokenRef token = subject_->token;
  WallSample sample;
  sample.probe = source_->sample(token.sample);
  if (!sample.probe) {
    return;
  }
  subject_->is_there = true;
  subject_->image = imageOf(*sample.probe, run.layout);
  subject_->readout = describeToken(run, sample, token);
  subject_->pieces = sample.probe->pieces;
}

void TokenInspector::showSubject(const RunData& run) {
  const Subject& subject = *subject_;
  if (!subject.is_there) {
    parts_->title->setText(tr("Sample %1").arg(subject.token.sample));
    parts_->facts->setText(tr("Reading…"));
    parts_->picture->showNothing();
    return;
  }
  parts_->title->setText(subject.readout.title);
  QStringList facts;
  for (const auto& [name, value] : subject.readout.lines) {
    facts << name + QStringLiteral(": ") + value;
  }
  parts_->facts->setText(facts.join(QStringLiteral(" · ")));
  if (subject.token.modality == probe::kImage) {
    parts_->picture->showPatch(subject.image, run.layout.patch_rows, run.layout.patch_columns,
                               subject.token.position);
  } else {
    QString piece =
        QString::fromStdString(subject.pieces[static_cast<std::size_t>(subject.token.position)]);
    parts_->picture->showPiece(subject.image, run.layout.patch_rows, run.layout.patch_columns,
                               piece.remove(QChar(0x2581)));
  }
}

void TokenInspector::showCaption(const RunData& run) {
  const QPalette palette = parts_->caption->palette();
  const QString plain = palette.color(QPalette::WindowText).name();
  const QString marked = QStringLiteral("%1;background-color:%2")
                             .arg(palette.color(QPalette::HighlightedText).name(),
                                  palette.color(QPalette::Highlight).name());
  QString html;
  for (std::size_t t = 0; t < subject_->pieces.size(); ++t) {
    QString piece = QString::fromStdString(subject_->pieces[t]);
    if (piece.isEmpty()) {
      continue;
    }
    if (piece.startsWith(QChar(0x2581)) && !html.isEmpty()) {
      html += QLatin1Char(' ');
    }
    const bool is_selected = subject_->token.modality == probe::kText &&
                             subject_->token.position == static_cast<int64_t>(t);
    html += QStringLiteral("<a href=\"%1\" style=\"text-decoration:none;color:%2\">%3</a>")
                .arg(t)
                .arg(is_selected ? marked : plain, piece.remove(QChar(0x2581)).toHtmlEscaped());
  }
  parts_->caption->setText(html);
  parts_->caption->setVisible(!html.isEmpty() && run.layout.text_length > 0);
}

void TokenInspector::showDistribution(const RunData& run) {
  const int64_t layer = shownLayer(run, state_.layer());
  const probe::Layout& layout = run.layout;
  const bool is_recorded = !run.snapshot_steps.empty();
  QString note;
  if (layer < 0) {
    note = tr("This is a dense model: it has no MoE layers, so there are no experts to go to.");
  } else if (!is_recorded) {
    note = tr("The first snapshot of the probe has not been recorded yet.");
  }
  parts_->bars_title->setVisible(note.isEmpty());
  parts_->bars->setVisible(note.isEmpty());
  if (note.isEmpty()) {
    const TokenPath* path = reading_.path();
    const TokenDecision* decision = path ? &path->layers[static_cast<std::size_t>(layer)] : nullptr;
    const QString step = path ? tr("step %1").arg(path->step) : tr("reading…");
    parts_->head(parts_->bars_title, tr("Experts"), {layerPlace(run, layer), step});
    const int64_t rows = layout.probabilities ? std::min<int64_t>(layout.experts, 10)
                                              : std::min(layout.top_k + 1, layout.experts);
    parts_->bars->show(decision, layer, layout.experts, rows);
    if (decision && !decision->isRouted()) {
      note = whyNotRouted(run, layer);
    } else if (decision && decision->probabilities.empty()) {
      note =
          tr("Only the gates of its choices and the runner-up’s probability are recorded. To "
             "record the whole distribution, train with --record probabilities=all.");
    }
  }
  parts_->bars_note->setText(note);
  parts_->bars_note->setVisible(!note.isEmpty());
}

void TokenInspector::showPath(const std::shared_ptr<const RunData>& run) {
  const TokenPath* path = reading_.path();
  parts_->head(parts_->path_title, tr("Path through the layers"),
               {path ? tr("step %1").arg(path->step) : tr("reading…")});
  parts_->path->show(run, path ? path->layers : std::vector<TokenDecision>());
}

void TokenInspector::showTime(const RunData& run) {
  const int64_t layer = shownLayer(run, state_.layer());
  const TokenHistory& history = reading_.history();
  parts_->head(parts_->time_title, tr("Through time"), {layerPlace(run, layer)});
  const bool routed = history.entries.empty() || history.entries.front().expert != probe::kNoExpert;
  parts_->time_title->setVisible(routed);
  parts_->time->setVisible(routed);
  parts_->time_words->setVisible(routed);
  parts_->time->show(history, run.snapshot_steps, layer, run.layout.experts);
  const auto all = std::ssize(run.snapshot_steps);
  const int64_t missing = all - history.size();
  const bool failed = missing > 0 && !reading_.failure().isEmpty();
  QString words;
  QString changes;
  if (!failed && (missing >= kFewMissing || history.entries.empty())) {
    words = (reading_.standing().kind == Standing::Kind::Stopped
                 ? tr("Reading was stopped: %1 of %2 snapshots.")
                 : tr("Reading: %1 of %2 snapshots…"))
                .arg(history.size())
                .arg(all);
  } else {
    words = failed ? tr("Read: the first %1 of %2 snapshots. ").arg(history.size()).arg(all) : "";
    const auto title = [this, layer](int64_t expert) {
      // Under a what-if a group that is not recorded whole is routed at some steps only.
      return expert == probe::kNoExpert ? tr("no expert") : expertTitle(state_, layer, expert);
    };
    words += inWords(history, state_.snapshot(), title);
    changes = changesInWords(history, kChangesNamed, title);
  }
  parts_->time_words->setText(words);
  parts_->time_changes->setText(changes);
  parts_->time_changes->setVisible(routed && !changes.isEmpty());
  const bool few = missing < kFewMissing && reading_.standing().kind == Standing::Kind::Waiting;
  parts_->time_bar->tell(tr("Reading its steps"),
                         routed && !few ? reading_.standing() : Standing());
}

/// To the next piece of the caption, over nothing but padding.
void TokenInspector::stepPiece(int by) {
  const int64_t to = subject_->token.position + by;
  if (to >= 0 && to < std::ssize(subject_->pieces) &&
      !subject_->pieces[static_cast<std::size_t>(to)].empty()) {
    state_.setSelectedToken(TokenRef{subject_->token.sample, probe::kText, to});
  }
}

}  // namespace limoe::gui
