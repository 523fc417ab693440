// With one wall open: while Shift is held, the other run lies over it in the same place.
#pragma once

#include <QObject>
#include <QPointer>

#include "gui/compare/compare_runs.h"
#include "gui/view/view_state.h"

namespace limoe::gui {

class CanvasWidget;
class CompareCanvas;

class OtherRunPeek : public QObject {
  Q_OBJECT
 public:
  /// Lies over `wall`, which shows the reference that `shared` is of.
  OtherRunPeek(CanvasWidget& wall, ViewState& shared, QObject* parent);
  ~OtherRunPeek() override;

  /// The shown run and the other; nullptr: there is none, and Shift does nothing. Both must outlive
  /// this or be taken out first.
  void setRuns(RunSource* shown, RunSource* other);

  void begin();  ///< Shift was pressed
  void end();
  bool isShown() const;

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void follow();

  CanvasWidget& wall_;
  CompareRuns runs_;
  QPointer<CompareCanvas> canvas_;
  RunSource* shown_ = nullptr;
  RunSource* other_ = nullptr;
  bool given_ = false;  ///< runs_ has them
};

}  // namespace limoe::gui
