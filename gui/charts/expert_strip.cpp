#include "gui/charts/expert_strip.h"

#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QPointer>
#include <QStyle>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "gui/charts/expert_delegate.h"
#include "gui/charts/expert_model.h"
#include "gui/view/elided_label.h"

namespace limoe::gui {
namespace {

constexpr int kLeastLabel = 5;  ///< digits wide: narrower labels say nothing
constexpr int kHighStrip = 20;  ///< lines of text; a lower strip has no room for a long note

/// Space and Enter on a row select its expert; in the eye and solo cells they press the button.
class ExpertTableView : public QTableView {
 public:
  ExpertTableView(ViewState& state, QWidget* parent) : QTableView(parent), state_(state) {}

  /// Load and modality give up room until the first label of every row can be read. Where that is
  /// not enough modality gives up its column, and at last the labels theirs.
  void layColumns() {
    const QFontMetrics metrics(font());
    const int button = ExpertDelegate::buttonWidth(font());
    const int em = metrics.horizontalAdvance('0');
    const int label_padding = ExpertDelegate::labelPadding(font());
    const int load_min = metrics.horizontalAdvance(QStringLiteral("100 %")) + label_padding;
    const int load_max = em * 11;
    const int modality_min = em * 2;
    const int modality_max = em * 9;
    int label = 0;
    for (int row = 0; row < model()->rowCount(); ++row) {
      const QString labels = model()->index(row, ExpertModel::kLabels).data().toString();
      label = std::max(label, metrics.horizontalAdvance(labels.section(QLatin1String(", "), 0, 0)));
    }
    const int padding = ExpertDelegate::numberPadding(font());
    int number = em * 4;
    for (int row = 0; row < model()->rowCount(); ++row) {
      const QString text = model()->index(row, ExpertModel::kNumber).data().toString();
      number = std::max(number, metrics.horizontalAdvance(text) + padding);
    }
    number = std::min(number, std::max(em * 4, viewport()->width() * 3 / 11));
    const int fixed = number + 2 * button + label + label_padding;
    const double spare = viewport()->width() - fixed - load_min - modality_min;
    const double part =
        std::clamp(spare / (load_max - load_min + modality_max - modality_min), 0.0, 1.0);
    const int for_labels = viewport()->width() - (fixed - label) - load_min;
    const bool shows_labels = has_labels_ && for_labels >= em * kLeastLabel;
    setColumnHidden(ExpertModel::kLabels, !shows_labels);
    setColumnHidden(ExpertModel::kModality, spare < 0 && shows_labels);
    const double modality = shows_labels ? modality_min + part * (modality_max - modality_min)
                                         : for_labels + label_padding;
    const int margins = 2 * style()->pixelMetric(QStyle::PM_HeaderMargin, nullptr, this);
    static_cast<ExpertModel*>(model())->setModalityHeader(
        modality >= metrics.horizontalAdvance(ExpertModel::tr("Modality")) + margins);
    horizontalHeader()->setSectionResizeMode(
        ExpertModel::kModality, shows_labels ? QHeaderView::Fixed : QHeaderView::Stretch);
    setColumnWidth(ExpertModel::kNumber, number);
    setColumnWidth(ExpertModel::kLoad, load_min + static_cast<int>(part * (load_max - load_min)));
    setColumnWidth(ExpertModel::kModality,
                   modality_min + static_cast<int>(part * (modality_max - modality_min)));
    setColumnWidth(ExpertModel::kShown, button);
    setColumnWidth(ExpertModel::kSolo, button);
  }

  void setHasLabels(bool has_labels) {
    has_labels_ = has_labels;
    layColumns();
  }

 protected:
  void resizeEvent(QResizeEvent* event) override {
    layColumns();
    QTableView::resizeEvent(event);
  }

  void changeEvent(QEvent* event) override {
    QTableView::changeEvent(event);
    if (event->type() == QEvent::FontChange && model() != nullptr) {
      layColumns();
    }
  }

  void keyPressEvent(QKeyEvent* event) override {
    if (QTableView::state() == EditingState) {
      QTableView::keyPressEvent(event);  // Enter ends the name, and selects nothing
      return;
    }
    const QModelIndex index = currentIndex();
    const bool presses = event->key() == Qt::Key_Space || event->key() == Qt::Key_Return ||
                         event->key() == Qt::Key_Enter || event->key() == Qt::Key_Select;
    if (!presses || !index.isValid() || event->modifiers() != Qt::NoModifier) {
      QTableView::keyPressEvent(event);
      return;
    }
    if (index.column() < ExpertModel::kShown) {
      state_.toggleSelectedExpert(index.row());
    } else {
      const bool checked = index.data(Qt::CheckStateRole).toInt() == Qt::Checked;
      model()->setData(index, checked ? Qt::Unchecked : Qt::Checked, Qt::CheckStateRole);
    }
  }

  bool event(QEvent* event) override {
    // These keys are the strip's while it has the focus, also where the window has shortcuts on
    // them (Space plays).
    if (event->type() == QEvent::ShortcutOverride) {
      const int key = static_cast<QKeyEvent*>(event)->key();
      if (static_cast<QKeyEvent*>(event)->modifiers() == Qt::NoModifier &&
          (key == Qt::Key_Space || key == Qt::Key_Left || key == Qt::Key_Right)) {
        event->accept();
        return true;
      }
    }
    return QTableView::event(event);
  }

 private:
  ViewState& state_;
  bool has_labels_ = true;
};

}  // namespace

struct ExpertStrip::State {
  State(ExpertStrip& the_strip, ViewState& view_state) : strip(the_strip), state(view_state) {}

  ExpertStrip& strip;
  ViewState& state;
  QPointer<RunSource> source;
  QLabel* title = nullptr;
  ElidedLabel* note = nullptr;
  ExpertTableView* table = nullptr;
  ExpertModel* model = nullptr;
  FilteredSums filtered;
  TopWords words;
  bool had_words = false;  ///< rows were high enough for them

  void build();
  void refresh();
  void showColumns(const RunData& run);
};

void ExpertStrip::State::build() {
  auto* layout = new QVBoxLayout(&strip);
  layout->setContentsMargins(6, 4, 6, 4);
  layout->setSpacing(3);
  title = new QLabel(&strip);
  title->setObjectName(QStringLiteral("title"));
  QFont bold = title->font();
  bold.setBold(true);
  title->setFont(bold);
  title->setWordWrap(true);
  title->setTextInteractionFlags(Qt::TextSelectableByMouse);
  layout->addWidget(title);

  model = new ExpertModel(state, &strip);
  table = new ExpertTableView(state, &strip);
  table->setModel(model);
  table->setItemDelegate(new ExpertDelegate(table));
  table->setSelectionMode(QAbstractItemView::NoSelection);
  table->setEditTriggers(QAbstractItemView::EditKeyPressed);  // F2 names an expert
  table->setTabKeyNavigation(false);  // Tab leaves the table, arrows move in it
  table->setShowGrid(false);
  table->setFrameShape(QFrame::NoFrame);
  table->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  table->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  table->viewport()->setAttribute(Qt::WA_Hover);  // for its buttons
  table->setAccessibleName(ExpertStrip::tr("Experts"));
  table->verticalHeader()->hide();
  table->verticalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  QHeaderView* header = table->horizontalHeader();
  header->setMinimumSectionSize(8);
  header->setSectionsClickable(false);
  header->setHighlightSections(false);
  header->setTextElideMode(Qt::ElideRight);
  header->setSectionResizeMode(QHeaderView::Fixed);
  header->setSectionResizeMode(ExpertModel::kLabels, QHeaderView::Stretch);
  table->layColumns();
  layout->addWidget(table, 1);

  note = new ElidedLabel(&strip);
  note->setObjectName(QStringLiteral("note"));
  note->setWordWrap(true);
  note->setForegroundRole(QPalette::PlaceholderText);
  layout->addWidget(note);
}

void ExpertStrip::State::showColumns(const RunData& run) {
  table->setHasLabels(!run.layout.label_names.empty());
}

void ExpertStrip::State::refresh() {
  const std::shared_ptr<const RunData> run = source ? source->data() : nullptr;
  if (!run) {
    title->setText(noDataTitle(source));
    note->setWholeText({});
    model->setTable({});
    return;
  }
  const int64_t layer = shownLayer(*run, state.layer());
  if (layer < 0) {
    title->setText(tr("%1 · dense model").arg(run->name));
    note->setWholeText(tr("It has no MoE layers, so there are no experts."));
    model->setTable({});
    return;
  }
  std::shared_ptr<const probe::Snapshot> summary;
  if (state.snapshot() >= 0 && state.snapshot() < std::ssize(run->snapshot_steps)) {
    summary = state.filter().isEmpty() || !filtered ? source->summary(state.snapshot())
                                                    : filtered(state.snapshot(), layer);
    if (!summary) {
      return;  // asked for; what is shown stays, with its title, until it comes
    }
  }
  title->setText(tr("%1 · %2 · %3")
                     .arg(run->name, layerTitle(*run, layer), stepTitle(*run, state.snapshot())));
  ExpertTable rows;
  const QString rule = countingRule(*run, filtered ? state.filter() : TokenFilter());
  rows.rule = rule;
  rows.layer = layer;
  rows.has_labels = !run->layout.label_names.empty();
  if (summary) {
    if (run->text_tokens) {
      rows.capacity = probeCapacity(*run, layer, summary->step, *run->text_tokens);
    }
    rows.experts = expertCounts(*run, *summary, layer);
    if (words) {
      rows.words = words(state.snapshot(), layer);
    }
  }
  const bool has_words = rows.words != nullptr;
  model->setTable(std::move(rows));
  showColumns(*run);
  if (std::exchange(had_words, has_words) != has_words) {
    table->resizeRowsToContents();
  }
  note->setWholeText(summary ? tr("Load against %1; counted: %2.").arg(model->loadBasis(), rule)
                             : tr("The first snapshot of the probe has not been recorded yet."));
}

ExpertStrip::ExpertStrip(ViewState& state, QWidget* parent)
    : QWidget(parent), strip_(std::make_unique<State>(*this, state)) {
  strip_->build();
  connect(&state, &ViewState::changed, this, [this] { strip_->refresh(); });
  connect(strip_->table, &QTableView::clicked, this, [this](const QModelIndex& index) {
    if (index.column() < ExpertModel::kShown) {
      strip_->state.toggleSelectedExpert(index.row());
    }
  });
  strip_->refresh();
}

ExpertStrip::~ExpertStrip() = default;

void ExpertStrip::setFilteredSums(FilteredSums sums) {
  strip_->filtered = std::move(sums);
}

void ExpertStrip::setTopWords(TopWords words) {
  strip_->words = std::move(words);
}

void ExpertStrip::refresh() {
  strip_->refresh();
}

void ExpertStrip::setSource(RunSource* source) {
  if (strip_->source) {
    strip_->source->disconnect(this);
  }
  strip_->source = source;
  strip_->model->setTable({});  // nothing of the old run stays while the new one is being read
  if (source != nullptr) {
    connect(source, &RunSource::dataChanged, this, [this] { strip_->refresh(); });
    connect(source, &RunSource::pageReady, this, [this] { strip_->refresh(); });
  }
  strip_->refresh();
}

void ExpertStrip::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  strip_->note->setWordWrap(height() >= kHighStrip * fontMetrics().height());
}

QTableView* ExpertStrip::table() const {
  return strip_->table;
}

}  // namespace limoe::gui
