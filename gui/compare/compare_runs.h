// The runs of a comparison: two to six, the first of them the reference. Keeps every column at the
// same images, step, layer, overlay and selection as the view that the window shares, finds the
// samples in common, and matches experts.
//
// Everything is read in the background; what a column shows is replaced as a whole. GUI thread.
#pragma once

#include <QObject>
#include <QPointer>
#include <QString>
#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "gui/compare/common_samples.h"
#include "gui/compare/common_source.h"
#include "gui/compare/expert_matching.h"
#include "gui/compare/first_choices.h"
#include "gui/inspect/digests.h"
#include "gui/view/run_source.h"
#include "gui/view/view_state.h"

namespace limoe::gui {

/// A run beside the reference, in the layers and at the steps that are shown.
struct ColumnMatch {
  ExpertMatch experts;
  std::array<MatchShare, 2> by_modality;  ///< tokens in matched pairs
  int64_t samples = 0;                    ///< that were counted
};

struct CompareColumn {
  explicit CompareColumn(RunSource* source);

  QPointer<RunSource> run;
  ProbeKeys keys;
  CommonSource common;
  ViewState state;  ///< sample n of it is the n-th in common
  Digests digests;  ///< of `common`
  ChoiceTables tables;
  std::optional<int64_t>
      chosen_layer;  ///< where it has another number of layers than the reference

  // What was found out last.
  bool has_common = false;  ///< images with the reference
  Comparable comparable;
  std::shared_ptr<const ChoiceTable> table;
  std::shared_ptr<const ChoiceTable> matched, reference_table;  ///< that `match` was counted with
  std::pair<int64_t, int64_t> match_layers{-1, -1};             ///< of the reference, of this run
  std::optional<ColumnMatch> match;
  QString problem;  ///< why there is no match, in words; empty: there is, or it is being counted

  std::shared_ptr<const RunData> data() const { return common.data(); }
  QString name() const;
  int64_t layers() const;
  int64_t layer() const { return state.layer(); }
  /// Optimiser step that is shown; −1: none.
  int64_t step() const;
};

class CompareRuns : public QObject {
  Q_OBJECT
 public:
  static constexpr std::size_t kMost = 6;

  /// `shared`: of the window, on the reference; its samples are numbered as in the recording.
  explicit CompareRuns(ViewState& shared, QObject* parent = nullptr);
  ~CompareRuns() override;

  /// The first is the reference, which `shared` is of. Each must outlive the comparison or be taken
  /// out first. Empty: none.
  void setSources(const std::vector<RunSource*>& sources);
  /// Not: nothing is matched or brought in step until it is again.
  void setActive(bool active);
  std::size_t count() const { return columns_.size(); }
  CompareColumn& column(std::size_t index) { return *columns_[index]; }
  const CompareColumn& column(std::size_t index) const { return *columns_[index]; }
  const CompareColumn* reference() const { return columns_.empty() ? nullptr : columns_[0].get(); }

  /// Samples that all columns show; nullopt while they are looked for.
  std::optional<int64_t> commonSamples() const;
  /// The optimiser step of the reference that `shared` is at; −1: none.
  int64_t step() const;
  /// Of a column with another number of layers than the reference.
  void chooseLayer(std::size_t column, int64_t layer);
  /// Over the patches that all matched columns process: whether all of them agree.
  const std::optional<MatchShare>& agreement() const { return agreement_; }
  /// The reference's expert that a column's stands for; nullopt: none.
  std::optional<int64_t> standsFor(std::size_t column, int64_t expert) const;
  /// "e5 = e2 of demo, 81 %", "e5: no partner in demo"; empty without a match.
  QString pairInWords(std::size_t column, int64_t expert) const;
  /// What is still being read, in words, with how far it is; empty: nothing.
  QString waitingFor() const;
  std::vector<std::pair<QPointer<WalkCache>, Question>> waits() const;

  /// Whether columns show where they disagree with the reference instead of experts.
  bool showsDisagreement() const { return shows_disagreement_; }
  void setShowsDisagreement(bool shows);

 Q_SIGNALS:
  void columnsAboutToChange();  ///< those of now go
  void columnsChanged();        ///< other runs
  void samplesChanged();        ///< other samples in common: whoever shows them opens them anew
  void changed();               ///< anything else

 private:
  void schedule();
  void refresh();
  void findCommonSamples();
  void forwardLook();
  void forwardSelection();
  void forwardStepAndLayer();
  void match();
  void matchColumn(CompareColumn& column);
  void colour();
  void takeSelection(std::size_t column);
  QString problemOf(const CompareColumn& column) const;

  ViewState& shared_;
  std::vector<std::unique_ptr<CompareColumn>> columns_;
  bool active_ = true;
  bool scheduled_ = false;
  bool forwarding_ = false;
  bool shows_disagreement_ = false;
  std::vector<std::shared_ptr<const std::vector<SampleKey>>> common_of_;  ///< keys
  std::optional<MatchShare> agreement_;
  std::vector<std::shared_ptr<const ChoiceTable>> agreement_of_;
};

}  // namespace limoe::gui
