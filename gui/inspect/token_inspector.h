// Reads one patch or word: what it is, where the router sends it in this layer, through the layers
// and through time, and which others it treats alike. Follows the selected token of the view, and
// reads nothing while it is hidden.
#pragma once

#include <QPointer>
#include <QWidget>
#include <memory>

#include "gui/inspect/token_reading.h"
#include "gui/view/run_source.h"
#include "gui/view/view_state.h"

namespace limoe::gui {

class TokenInspector : public QWidget {
  Q_OBJECT
 public:
  TokenInspector(ViewState& state, QWidget* parent);
  ~TokenInspector() override;

  void setSource(RunSource* source);

  QSize sizeHint() const override;

 protected:
  void changeEvent(QEvent* event) override;
  void showEvent(QShowEvent* event) override;

 private:
  struct Parts;
  struct Subject;

  void refresh();
  void showMessage(const QString& title, const QString& text);
  void showSubject(const RunData& run);
  void takePage(const RunData& run);
  void showCaption(const RunData& run);
  void showDistribution(const RunData& run);
  void showPath(const std::shared_ptr<const RunData>& run);
  void showTime(const RunData& run);
  void stepPiece(int by);

  ViewState& state_;
  QPointer<RunSource> source_;
  TokenReading reading_;
  std::unique_ptr<Parts> parts_;
  std::unique_ptr<Subject> subject_;  ///< the token shown
};

}  // namespace limoe::gui
