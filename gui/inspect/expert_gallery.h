// Reading an expert: its top patches and words over the whole probe, what it takes more often than
// by chance, how it is loaded over time, and which experts its tokens come from and go to.
#pragma once

#include <QWidget>
#include <memory>

#include "gui/inspect/digests.h"
#include "gui/view/run_source.h"
#include "gui/view/view_state.h"

namespace limoe::gui {

/// Follows the selected expert, snapshot, layer and filter of `state`. Reads the probe only while
/// it is visible. Set the source of `digests` too; `digests` and `state` outlive this.
class ExpertGallery : public QWidget {
  Q_OBJECT
 public:
  ExpertGallery(ViewState& state, Digests& digests, QWidget* parent = nullptr);
  ~ExpertGallery() override;
  void setSource(RunSource* source);
  QSize sizeHint() const override;

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  struct State;
  std::unique_ptr<State> gallery_;
};

}  // namespace limoe::gui
