// Recordings of the user's own images and captions, as they lie beside the run that routed them.
#pragma once

#include <QString>
#include <cstdint>
#include <optional>

namespace limoe::gui {

/// RUN/probes/own-STEP.h5, or own-STEP-NUMBER.h5 where that step has routed others before.
struct OwnRecording {
  QString run;  ///< path of the run's folder
  int64_t step = 0;
  int64_t number = 1;

  QString runName() const;
  QString shortTitle() const;  ///< "yours, step 240", "yours, step 240 (2)": below its run
  /// "demo · yours", "demo · yours (2)": as a run's name, beside which the step always stands.
  QString title() const;
  /// Whether it was made before `other` of the same run.
  bool isOlderThan(const OwnRecording& other) const;

 private:
  QString numberText() const;
};

/// Nothing for any other path. Goes by the name alone.
std::optional<OwnRecording> ownRecording(const QString& path);

}  // namespace limoe::gui
