#include "gui/compare/compare_view.h"

#include <QHBoxLayout>
#include <QSplitter>
#include <QVBoxLayout>
#include <algorithm>

#include "gui/compare/compare_canvas.h"
#include "gui/compare/compare_header.h"
#include "gui/compare/compare_tables.h"
#include "gui/compare/compare_tools.h"
#include "gui/compare/shift_watch.h"
#include "gui/inspect/walk_bar.h"
#include "gui/view/elided_label.h"
#include "gui/view/number_text.h"

namespace limoe::gui {
namespace {

/// Letters on a line of a header below which its texts take two lines.
constexpr int kNarrow = 62;
/// Lines of the tables below, at first.
constexpr int kTableLines = 10;

}  // namespace

CompareView::CompareView(ViewState& shared, QWidget* parent)
    : QWidget(parent),
      shared_(shared),
      runs_(new CompareRuns(shared, this)),
      tools_(new CompareTools(*runs_, shared, this)),
      header_row_(new QWidget(this)),
      status_(new ElidedLabel(this)),
      walk_bar_(new WalkBar(this, WalkBar::Look::Line)),
      canvas_(new CompareCanvas(*runs_, this)),
      tables_(new CompareTables(*runs_, this)),
      splitter_(new QSplitter(Qt::Vertical, this)) {
  setObjectName("compareView");
  setAccessibleName(tr("Comparison of runs"));
  status_->setObjectName("compareStatus");
  status_->setTextFormat(Qt::PlainText);
  status_->setForegroundRole(QPalette::PlaceholderText);
  status_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
  status_->setContentsMargins(6, 0, 6, 0);
  auto* walls = new QWidget(this);
  auto* wall_layout = new QVBoxLayout(walls);
  wall_layout->setContentsMargins(0, 0, 0, 0);
  wall_layout->setSpacing(0);
  wall_layout->addWidget(tools_);
  wall_layout->addWidget(header_row_);
  wall_layout->addWidget(canvas_, 1);
  auto* line = new QHBoxLayout;
  line->setContentsMargins(0, 2, 6, 2);
  line->addWidget(status_, 1);
  line->addWidget(walk_bar_);
  wall_layout->addLayout(line);
  splitter_->setObjectName("compareSplitter");
  splitter_->addWidget(walls);
  splitter_->addWidget(tables_);
  splitter_->setStretchFactor(0, 1);
  splitter_->setStretchFactor(1, 0);
  const int low = kTableLines * fontMetrics().height();
  splitter_->setSizes({10 * low, low});
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(splitter_);
  connect(runs_, &CompareRuns::columnsAboutToChange, this, [this] {
    qDeleteAll(headers_);
    headers_.clear();
  });
  connect(runs_, &CompareRuns::columnsChanged, this, &CompareView::makeHeaders);
  connect(runs_, &CompareRuns::changed, this, &CompareView::refresh);
  connect(tools_, &CompareTools::fitAsked, canvas_, &CompareCanvas::fitToWindow);
  connect(tools_, &CompareTools::runsAsked, this, &CompareView::runsAsked);
  connect(tools_, &CompareTools::closeAsked, this, &CompareView::closeAsked);
  connect(tables_, &CompareTables::copied, this, &CompareView::informed);
  connect(new ShiftWatch(this), &ShiftWatch::held, this,
          [this](bool held) { canvas_->setFlipped(held && isVisible()); });
}

CompareView::~CompareView() {
  runs_->disconnect(this);
  delete splitter_;  // what is in it looks at the runs
}

void CompareView::setSources(const std::vector<RunSource*>& sources) {
  runs_->setSources(sources);
}

void CompareView::makeHeaders() {
  for (std::size_t c = 0; c < runs_->count(); ++c) {
    headers_.push_back(new CompareHeader(*runs_, c, shared_, header_row_));
    headers_.back()->show();
  }
  layHeaders();
}

void CompareView::layHeaders() {
  const int width = header_row_->width();
  int height = 0;
  for (std::size_t c = 0; c < headers_.size(); ++c) {
    const ColumnSpan span = columnSpan(c, headers_.size(), width);
    headers_[c]->setNarrow(span.width < kNarrow * fontMetrics().averageCharWidth());
    const int own = headers_[c]->hasHeightForWidth() ? headers_[c]->heightForWidth(span.width)
                                                     : headers_[c]->sizeHint().height();
    height = std::max(height, own);
  }
  header_row_->setFixedHeight(height);
  for (std::size_t c = 0; c < headers_.size(); ++c) {
    const ColumnSpan span = columnSpan(c, headers_.size(), width);
    headers_[c]->setGeometry(span.left, 0, span.width, height);
  }
}

void CompareView::refresh() {
  for (CompareHeader* header : headers_) {
    header->refresh();
  }
  layHeaders();
  tools_->refresh();
  tables_->refresh();
  QStringList words;
  const auto common = runs_->commonSamples();
  if (common) {
    const auto whole = runs_->column(0).run ? runs_->column(0).run->data() : nullptr;
    words << tr("%1 of %2 images of %3 are in all runs")
                 .arg(countText(static_cast<uint64_t>(*common)),
                      countText(static_cast<uint64_t>(whole ? whole->layout.samples : 0)),
                      runs_->column(0).name());
  }
  if (!runs_->waitingFor().isEmpty()) {
    words << runs_->waitingFor();
  }
  words << tr("hold Shift: the other run in the same place");
  status_->setWholeText(words.join(tr(" · ")));
  std::vector<WalkBar::Wait> waits;
  for (const auto& [cache, question] : runs_->waits()) {
    waits.push_back({cache, question});
  }
  walk_bar_->follow(tr("Matching experts"), std::move(waits));
}

QString CompareView::headerWords(std::size_t column) const {
  return column < headers_.size() ? headers_[column]->words() : QString();
}

bool CompareView::isSettled() const {
  if (!runs_->commonSamples()) {
    return false;
  }
  for (std::size_t c = 0; c < runs_->count(); ++c) {
    if (!runs_->column(c).tables.isIdle() || !runs_->column(c).digests.isIdle()) {
      return false;
    }
  }
  return true;
}

void CompareView::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  layHeaders();
}

void CompareView::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  layHeaders();
  tables_->refresh();
}

}  // namespace limoe::gui
