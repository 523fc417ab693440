// The comparison in the middle of the window: two to six runs as columns, their headers above, the
// numbers and settings below.
#pragma once

#include <QWidget>
#include <vector>

#include "gui/compare/compare_runs.h"
#include "gui/view/view_state.h"

class QSplitter;

namespace limoe::gui {

class CompareCanvas;
class CompareHeader;
class CompareTables;
class CompareTools;
class ElidedLabel;
class WalkBar;

class CompareView : public QWidget {
  Q_OBJECT
 public:
  explicit CompareView(ViewState& shared, QWidget* parent = nullptr);
  ~CompareView() override;

  /// The first is the reference, which `shared` is of; empty: none. See CompareRuns::setSources().
  void setSources(const std::vector<RunSource*>& sources);
  CompareRuns& runs() { return *runs_; }
  CompareCanvas& canvas() { return *canvas_; }
  /// All that a column's header says.
  QString headerWords(std::size_t column) const;
  /// Whether everything that was asked for is there.
  bool isSettled() const;

 Q_SIGNALS:
  void runsAsked();
  void closeAsked();
  void informed(QString message);

 protected:
  void resizeEvent(QResizeEvent* event) override;
  void showEvent(QShowEvent* event) override;

 private:
  void makeHeaders();
  void layHeaders();
  void refresh();

  ViewState& shared_;
  CompareRuns* runs_;
  CompareTools* tools_;
  QWidget* header_row_;
  std::vector<CompareHeader*> headers_;
  ElidedLabel* status_;
  WalkBar* walk_bar_;
  CompareCanvas* canvas_;
  CompareTables* tables_;
  QSplitter* splitter_;
};

}  // namespace limoe::gui
